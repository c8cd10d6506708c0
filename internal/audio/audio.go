// Package audio lists, chooses and opens microphones and speakers, real ones and devices made of files, tones and silence.
//
// Sound is 16-bit linear, 48 kHz, mono. A device is named by a string: "" or "default" is the system's default device,
// another plain text is the ID or the name of a device as Devices lists it, and these are made here:
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
// program that uses only devices made here never touches a sound system. Real devices are PulseAudio's (or PipeWire's in its place)
// by its protocol where it answers, else miniaudio's.
package audio

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sidetone/internal/devices"
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
	// Wakes reports whether the source wakes its owner when there is a period to read, or it has died; else the owner's own beat is
	// right for it.
	Wakes() bool
	// Close frees the device; it returns within two seconds even if the driver hangs.
	Close() error
}

// Sink is an open loudspeaker, or what stands for one.
type Sink interface {
	// Space is how many samples the sink wants by now to go on playing. An error means that the sink is dead.
	Space(now time.Time) (int, error)
	// Write takes samples and returns how many it took.
	Write(p []int16) (int, error)
	// Wakes reports whether the sink wakes its owner when there is space for a period, or it has died; else the owner's own beat is
	// right for it.
	Wakes() bool
	// Close lets what was written be heard and frees the device; it returns within two seconds even if the driver hangs.
	Close() error
}

// Check says in one sentence what is wrong with the devices made here; those of a sound system come and go and are not
// looked at. It opens no sound system and writes no file.
func (c Choice) Check() error {
	for _, name := range devices.Names(c.Input) {
		if err := checkSource(name); err != nil {
			return fmt.Errorf("the microphone %s cannot be used: %w", name, err)
		}
	}
	for what, names := range map[string]string{"speaker": c.Output, "ring device": c.Ring} {
		for _, name := range devices.Names(names) {
			if err := checkSink(name); err != nil {
				return fmt.Errorf("the %s %s cannot be used: %w", what, name, err)
			}
		}
	}
	return nil
}

func checkSource(name string) error {
	kind, arg, _ := strings.Cut(name, ":")
	var err error
	switch {
	case kind == "file":
		_, err = openFileSource(arg)
	case kind == "tone":
		_, err = newTone(arg)
	case name == "null":
		err = errNullSource
	}
	return err
}

func checkSink(name string) error {
	switch kind, arg, _ := strings.Cut(name, ":"); kind {
	case "file":
		return writable(arg)
	case "tone":
		return errToneSink
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
