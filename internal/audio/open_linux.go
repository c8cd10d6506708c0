package audio

import (
	"context"
	"errors"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"sidetone/internal/devices"
)

func openCapture(d devices.Device, wake func()) (Source, error) {
	src, err := openPulseSource(d, wake)
	if errors.Is(err, errNoPulse) {
		return openDriverSource(d, wake)
	}
	return src, err
}

func openPlayback(d devices.Device, use Use, wake func()) (Sink, error) {
	name := "Call"
	if use == Ring {
		name = "Ringtone"
	}
	sink, err := openPulseSink(d, name, wake)
	if errors.Is(err, errNoPulse) {
		return openDriverSink(d, wake)
	}
	return sink, err
}

// Devices lists microphones and speakers, in the order of the sound system. It takes milliseconds, or a few seconds when
// the sound system does not answer; without one the error is a sentence.
func Devices() ([]devices.Device, error) {
	c, conn, err := dialPulse(func(any) {})
	if err != nil {
		return listDrivers()
	}
	defer conn.Close()
	return listPulse(c)
}

// gathering is how long news about devices may follow one another before the list is asked for: a headset is several devices.
const gathering = 20 * time.Millisecond

// follow keeps what is there, whenever that changes, until ctx ends or the sound system goes.
func (s *System) follow(ctx context.Context) {
	changed, gone := make(chan struct{}, 1), make(chan struct{})
	c, conn, err := dialPulse(func(message any) {
		switch message.(type) {
		case *proto.SubscribeEvent:
			select {
			case changed <- struct{}{}:
			default: // it is known already
			}
		case *proto.ConnectionClosed:
			close(gone)
		}
	})
	if err != nil {
		s.poll(ctx)
		return
	}
	defer conn.Close()
	const mask = proto.SubscriptionMaskSink | proto.SubscriptionMaskSource | proto.SubscriptionMaskServer | proto.SubscriptionMaskCard
	if c.Request(&proto.Subscribe{Mask: mask}, nil) != nil {
		return
	}
	for {
		list, err := listPulse(c)
		if err != nil {
			return
		}
		s.found(list)
		select {
		case <-ctx.Done():
			return
		case <-gone:
			return
		case <-s.kick:
		case <-changed:
			time.Sleep(gathering)
		}
	}
}
