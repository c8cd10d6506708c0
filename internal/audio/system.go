package audio

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sidetone/internal/devices"
)

// Choice names the devices to use: IDs or names, one a line, the best first. Empty means the system's default.
type Choice struct {
	Input, Output, Ring string
	RingAll             bool // every ring device of the list that is there rings, not only the first
}

// Use is what a device is opened for.
type Use int

// The uses.
const (
	Speech Use = iota // calls, in the ear
	Ring              // the ringtone
	Mic               // calls, what the agent says
)

// wish is what the choice says of a use.
func (c Choice) wish(use Use) devices.Wish {
	switch use {
	case Mic:
		return devices.Wish{Names: devices.Names(c.Input), Input: true}
	case Ring:
		return devices.Wish{Names: devices.Names(c.Ring), All: c.RingAll}
	}
	return devices.Wish{Names: devices.Names(c.Output)}
}

// real reports whether any device of a sound system may be used.
func (c Choice) real() bool {
	for _, use := range []Use{Mic, Speech, Ring} {
		if names := c.wish(use).Names; len(names) == 0 || !devices.Made(names[0]) {
			return true
		}
	}
	return false
}

// System opens the chosen devices and knows which are there. Its methods may be called from any goroutine.
type System struct {
	log        *slog.Logger
	generation atomic.Uint64
	kick       chan struct{} // for Watch: look again
	using      atomic.Bool

	mu      sync.Mutex
	choice  Choice
	present []devices.Device // nil: not known
	files   map[string]*recording
}

// New returns a System with a choice of devices. It opens nothing.
func New(choice Choice, log *slog.Logger) *System {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &System{log: log, kick: make(chan struct{}, 1), choice: choice, files: make(map[string]*recording)}
}

// Choose replaces the choice. What is open stays open; Generation changes so that its owner can open it anew.
func (s *System) Choose(c Choice) {
	s.mu.Lock()
	s.choice = c
	s.mu.Unlock()
	s.generation.Add(1)
	s.Refresh()
}

// Chosen returns the present choice.
func (s *System) Chosen() Choice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.choice
}

// Generation changes whenever Choose was called, or other devices are there.
func (s *System) Generation() uint64 { return s.generation.Load() }

// Refresh lets Watch look at once, where the sound system does not tell by itself what is there.
func (s *System) Refresh() {
	select {
	case s.kick <- struct{}{}:
	default: // it will look anyway
	}
}

// Targets are the devices for a use that can be opened by now, the best first.
func (s *System) Targets(use Use) []devices.Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	return devices.Targets(s.choice.wish(use), s.present)
}

// HandsFree says in a sentence what the agent should know of a Bluetooth headset, or nothing. Mic and ear are what is used.
func (s *System) HandsFree(mic, ear devices.Target) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text := devices.HandsFree(mic, ear, s.present); text != "" || len(mic.Devices) == 0 {
		return text
	}
	return devices.Mute(s.choice.wish(Mic), s.present)
}

// How often a sound system is asked that does not tell by itself what changes: while devices are in use, and otherwise.
const (
	watchful = 500 * time.Millisecond
	idle     = 30 * time.Second
)

// InUse says whether devices are in use or about to be, so that what is there must be known to the second.
func (s *System) InUse(yes bool) {
	if s.using.Swap(yes) != yes && yes {
		s.Refresh()
	}
}

// interval is how long Watch waits by itself.
func (s *System) interval() time.Duration {
	if s.using.Load() {
		return watchful
	}
	return idle
}

// Watch keeps Targets true until ctx ends and returns nil. Devices made here need no sound system, and none is asked while only
// those are chosen.
func (s *System) Watch(ctx context.Context) error {
	for ctx.Err() == nil {
		if s.Chosen().real() {
			s.follow(ctx)
			s.found(nil) // until the sound system is there again
		}
		select {
		case <-ctx.Done():
		case <-s.kick:
		case <-time.After(s.interval()):
		}
	}
	return nil
}

// poll asks what is there from time to time, until ctx ends.
func (s *System) poll(ctx context.Context) {
	for ctx.Err() == nil {
		list, err := Devices()
		if err != nil {
			list = nil
		}
		s.found(list)
		select {
		case <-ctx.Done():
		case <-s.kick:
		case <-time.After(s.interval()):
		}
	}
}

// found takes a list of what is there.
func (s *System) found(list []devices.Device) {
	s.mu.Lock()
	same := (list == nil) == (s.present == nil) && slices.Equal(list, s.present)
	s.present = list
	s.mu.Unlock()
	if !same {
		s.generation.Add(1)
		s.log.Debug("sound devices have changed", "there", len(list))
	}
}

// errNoDevice says that there is nothing to open.
var errNoDevice = errors.New("no such device is connected")

// OpenSource opens the best microphone that can be opened. It may take seconds with a real device. The error is a sentence.
func (s *System) OpenSource() (Source, error) {
	return best(s.Targets(Mic), "microphone", func(t devices.Target) (Source, error) { return s.Source(t, asleep) })
}

// asleep is the wake of an owner with a beat of its own.
func asleep() {}

// OpenSink opens the best speaker or ring device that can be opened. It may take seconds with a real device. The error is a
// sentence.
func (s *System) OpenSink(use Use) (Sink, error) {
	return best(s.Targets(use), sinkName(use), func(t devices.Target) (Sink, error) { return s.Sink(t, use, asleep) })
}

func best[D any](targets []devices.Target, what string, open func(devices.Target) (D, error)) (D, error) {
	var none D
	err := unusable(what, errNoDevice)
	for _, t := range targets {
		d, failed := open(t)
		if failed == nil {
			return d, nil
		}
		err = failed
	}
	return none, err
}

func sinkName(use Use) string {
	if use == Ring {
		return "ring device"
	}
	return "speaker"
}

func unusable(what string, err error) error {
	return fmt.Errorf("the %s cannot be used: %w", what, err)
}

// Source opens a microphone. Wake is called, from goroutines or threads of the device's, when there is something to do; it must not
// block. It may take seconds with a real device. The error is a sentence.
func (s *System) Source(t devices.Target, wake func()) (Source, error) {
	if len(t.Devices) == 0 {
		return nil, unusable("microphone", errNoDevice)
	}
	d := t.Devices[0]
	kind, arg, _ := strings.Cut(d.ID, ":")
	var src Source
	var err error
	switch {
	case !devices.Made(d.ID):
		src, err = openCapture(d, wake)
	case kind == "file":
		src, err = openFileSource(arg)
	case kind == "tone":
		src, err = newTone(arg)
	case kind == "null":
		err = errNullSource
	default:
		src = NewSilence()
	}
	if err != nil {
		return nil, unusable("microphone", err)
	}
	s.log.Debug("source open", "device", d.ID)
	return src, nil
}

// Sink opens a speaker or ring device, or several at once. Wake is as for Source. It may take seconds with real devices. The error is a sentence.
func (s *System) Sink(t devices.Target, use Use, wake func()) (Sink, error) {
	var open []Sink
	err := errNoDevice
	for _, d := range t.Devices {
		sink, failed := s.sink(d, use, wake)
		if failed != nil {
			err = failed
			continue
		}
		s.log.Debug("sink open", "device", d.ID, "use", sinkName(use))
		open = append(open, sink)
	}
	switch len(open) {
	case 0:
		return nil, unusable(sinkName(use), err)
	case 1:
		return open[0], nil
	}
	return &several{sinks: open}, nil
}

func (s *System) sink(d devices.Device, use Use, wake func()) (Sink, error) {
	kind, arg, _ := strings.Cut(d.ID, ":")
	switch {
	case !devices.Made(d.ID):
		return openPlayback(d, use, wake)
	case kind == "file":
		return s.openFileSink(arg)
	case kind == "tone":
		return nil, errToneSink
	}
	return NewNull(), nil
}
