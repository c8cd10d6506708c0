// Package audio lists, chooses and opens microphones and speakers, real ones and devices made of files, tones and silence.
//
// Sound is 16-bit linear, 48 kHz, mono. A device is named by a string: "" or "default" is the system's default device,
// another plain name is a device as Devices lists it, and these are made here:
//
//	file:PATH   source: plays a WAV file (48 kHz, mono, 16 bits) once, in real time, from its beginning each time it is
//	            opened; then silence. Sink: records what would be heard into such a file, in real time while it is open.
//	            Sinks opened one after another by one System continue the same file; a second sink open at the same
//	            time records into PATH with -2 before its ending.
//	tone:HZ     source: a sine at a quarter of full scale (-12 dBFS peak)
//	silence     source: digital silence
//	null        sink: takes sound in real time and drops it
//
// Sources and sinks never block and are not safe for concurrent use: one goroutine at a time has each. A
// program that uses only devices made here never touches a sound system.
package audio

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Rate is the sample rate of every source and sink, in Hz.
const Rate = 48000

// Period is 10 ms of samples: what devices move at a time.
const Period = Rate / 100

// ErrDead says that a device stopped without being told to: unplugged, or its sound server went away. Close it.
var ErrDead = errors.New("the device stopped working")

var (
	errNullSource = errors.New("null is not a microphone: use silence")
	errToneSink   = errors.New("tone: is not a speaker: use null or file:PATH")
	errNoPath     = errors.New("file: needs a path, as in file:/tmp/heard.wav")
)

// Source is an open microphone, or what stands for one.
type Source interface {
	// Read fills p with the samples that are there by now and returns how many, 0 if none. An error means that the
	// source is dead.
	Read(now time.Time, p []int16) (int, error)
	// Close frees the device; it returns within two seconds even if the driver hangs.
	Close() error
}

// Sink is an open loudspeaker, or what stands for one.
type Sink interface {
	// Space is how many samples the sink wants by now to go on playing. An error means that the sink is dead.
	Space(now time.Time) (int, error)
	// Write takes samples and returns how many it took.
	Write(p []int16) (int, error)
	// Close frees the device; it returns within two seconds even if the driver hangs.
	Close() error
}

// Choice names the devices to use; empty means the system's default.
type Choice struct {
	Input, Output, Ring string
}

// Use is what a device is opened for.
type Use int

// The uses.
const (
	Speech Use = iota // calls, in the ear
	Ring              // the ringtone
)

// System opens the chosen devices. Its methods may be called from any goroutine.
type System struct {
	log        *slog.Logger
	generation atomic.Uint64

	mu     sync.Mutex
	choice Choice
	files  map[string]*recording
}

// New returns a System with a choice of devices. It opens nothing.
func New(choice Choice, log *slog.Logger) *System {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &System{log: log, choice: choice, files: make(map[string]*recording)}
}

// Choose replaces the choice. What is open stays open; Generation changes so that its owner can open it anew.
func (s *System) Choose(c Choice) {
	s.mu.Lock()
	s.choice = c
	s.mu.Unlock()
	s.generation.Add(1)
}

// Chosen returns the present choice.
func (s *System) Chosen() Choice {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.choice
}

// Generation changes whenever Choose was called.
func (s *System) Generation() uint64 { return s.generation.Load() }

// OpenSource opens the chosen microphone. It may take seconds with a real device. The error is a sentence.
func (s *System) OpenSource() (Source, error) {
	name := s.Chosen().Input
	kind, arg, _ := strings.Cut(name, ":")
	var src Source
	var err error
	switch {
	case kind == "file":
		src, err = openFileSource(arg)
	case kind == "tone":
		src, err = newTone(arg)
	case name == "silence":
		src = NewSilence()
	case name == "null":
		err = errNullSource
	default:
		src, err = openCapture(name)
	}
	if err != nil {
		return nil, fmt.Errorf("the microphone cannot be used: %w", err)
	}
	s.log.Debug("source open", "device", name)
	return src, nil
}

// OpenSink opens the chosen speaker or ring device. It may take seconds with a real device. The error is a sentence.
func (s *System) OpenSink(use Use) (Sink, error) {
	name, what := s.Chosen().Output, "speaker"
	if use == Ring {
		name, what = s.Chosen().Ring, "ring device"
	}
	kind, arg, _ := strings.Cut(name, ":")
	var sink Sink
	var err error
	switch {
	case kind == "file":
		sink, err = s.openFileSink(arg)
	case name == "null" || name == "silence":
		sink = NewNull()
	case kind == "tone":
		err = errToneSink
	default:
		sink, err = openPlayback(name)
	}
	if err != nil {
		return nil, fmt.Errorf("the %s cannot be used: %w", what, err)
	}
	s.log.Debug("sink open", "device", name, "use", what)
	return sink, nil
}

// Check says in one sentence what is wrong with the devices made here; those of a sound system come and go and are not
// looked at. It opens no sound system and writes no file.
func (c Choice) Check() error {
	kind, arg, _ := strings.Cut(c.Input, ":")
	var err error
	switch {
	case kind == "file":
		_, err = openFileSource(arg)
	case kind == "tone":
		_, err = newTone(arg)
	case c.Input == "null":
		err = errNullSource
	}
	if err != nil {
		return fmt.Errorf("the microphone %s cannot be used: %w", c.Input, err)
	}
	for what, name := range map[string]string{"speaker": c.Output, "ring device": c.Ring} {
		kind, arg, _ := strings.Cut(name, ":")
		switch kind {
		case "file":
			err = writable(arg)
		case "tone":
			err = errToneSink
		}
		if err != nil {
			return fmt.Errorf("the %s %s cannot be used: %w", what, name, err)
		}
	}
	return nil
}

// writable checks that a recording can be made, without making it.
func writable(path string) error {
	if path == "" {
		return errNoPath
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	file, err := os.Stat(path)
	if !dir.IsDir() || err == nil && file.IsDir() {
		return errors.New("that is a folder: name a file in it")
	}
	return nil
}

func newTone(arg string) (Source, error) {
	hz, err := strconv.ParseFloat(arg, 64)
	if err != nil || !(hz > 0 && hz < Rate/2) {
		return nil, fmt.Errorf("tone:%s must name a frequency between 0 and 24000, as in tone:440", arg)
	}
	return NewTone(hz), nil
}
