package audio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/gen2brain/malgo"
)

// Device is one device of the sound system. Name is what a Choice takes.
type Device struct {
	Name    string `json:"name"`
	ID      string `json:"id"` // the sound system's own, hexadecimal
	Input   bool   `json:"input"`
	Default bool   `json:"default"`
}

// Devices lists microphones and speakers, in the order of the sound system. It takes milliseconds, or a few seconds when
// the sound system does not answer; without one the error is a sentence.
func Devices() ([]Device, error) {
	return within(list, func([]Device) {})
}

func list() ([]Device, error) {
	ctx, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
	if err != nil {
		return nil, errors.New("no sound system was found on this computer")
	}
	defer ctx.Free()
	var out []Device
	for _, kind := range []malgo.DeviceType{malgo.Capture, malgo.Playback} {
		infos, err := ctx.Devices(kind)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("the sound system does not list its devices: %w", err), ctx.Uninit())
		}
		for _, i := range infos {
			out = append(out, Device{Name: i.Name(), ID: i.ID.String(), Input: kind == malgo.Capture, Default: i.IsDefault != 0})
		}
	}
	return out, ctx.Uninit()
}

// Follow tells changed the list of devices, and again each time it is another one, until ctx ends; it then returns nil. It
// calls changed from its own goroutine, the caller's. No list can be had without a sound system: that counts as empty.
func Follow(ctx context.Context, changed func([]Device)) error {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	var last []Device
	for first := true; ; first = false {
		now, err := Devices()
		if err != nil {
			now = nil
		}
		if first || !slices.Equal(now, last) {
			last = now
			changed(slices.Clone(now))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// idPointer is the form in which the library wants a device's ID.
func idPointer(id *malgo.DeviceID) unsafe.Pointer { return unsafe.Pointer(id) }
