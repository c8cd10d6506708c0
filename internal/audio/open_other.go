//go:build !linux

package audio

import (
	"context"

	"sidetone/internal/devices"
)

func openCapture(d devices.Device, wake func()) (Source, error) { return openDriverSource(d, wake) }

func openPlayback(d devices.Device, _ Use, wake func()) (Sink, error) {
	return openDriverSink(d, wake)
}

// Devices lists microphones and speakers, in the order of the sound system. It takes milliseconds, or a few seconds when
// the sound system does not answer; without one the error is a sentence.
func Devices() ([]devices.Device, error) { return listDrivers() }

// follow keeps what is there, whenever that changes, until ctx ends.
func (s *System) follow(ctx context.Context) { s.poll(ctx) }
