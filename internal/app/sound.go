package app

import (
	"context"

	"sidetone/internal/audio"
	"sidetone/internal/config"
	"sidetone/internal/devices"
)

// sound is what the control socket offers of microphones and speakers.
type sound struct{ app *App }

// Devices are those that are there and those of the settings.
func (s sound) Devices() ([]devices.Listed, error) { return s.app.audio.Listed() }

// Use puts devices into the settings, the best first, and changes over to them, in a call too. Kind is microphone, speaker or ringer.
func (s sound) Use(kind string, names []string) error {
	a := s.app
	a.mu.Lock()
	defer a.mu.Unlock()
	choice := map[string]audio.Choice{"microphone": {Input: config.Devices(names).Lines()}, "speaker": {Output: config.Devices(names).Lines()}, "ringer": {Ring: config.Devices(names).Lines()}}[kind]
	if err := choice.Check(); err != nil {
		return err
	}
	next, err := config.PutDevices(a.path, kind, names)
	if err != nil {
		return err
	}
	a.config.Media.Microphone, a.config.Media.Speaker, a.config.Media.Ringer = next.Media.Microphone, next.Media.Speaker, next.Media.Ringer
	a.audio.Choose(a.devices(a.config.Media))
	return nil
}

// Try tests a device.
func (s sound) Try(ctx context.Context, what string, tell func(devices.Trial)) error {
	return s.app.audio.Try(ctx, what, tell)
}
