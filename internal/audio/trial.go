package audio

import (
	"context"
	"fmt"
	"math"
	"time"

	"sidetone/internal/devices"
)

// What can be tried.
const (
	TryMicrophone = "microphone" // listen for three seconds
	TrySpeaker    = "speaker"    // play three notes
	TryRinger     = "ringer"     // the same, where calls ring
	TryEcho       = "echo"       // listen for three seconds, then play that
	TryLevels     = "levels"     // listen until ctx ends
)

const (
	trialTime = 3 * time.Second
	meter     = Rate / 10 // samples between two readings
)

// Try tests the chosen device of a kind, beside whatever else uses it, and tells how it goes ten times a second. It ends by itself but
// for TryLevels, or with ctx. The error is a sentence.
func (s *System) Try(ctx context.Context, what string, tell func(devices.Trial)) error {
	if s.unknown() {
		if list, err := Devices(); err == nil {
			s.found(list)
		}
	}
	switch what {
	case TryMicrophone, TryLevels, TryEcho:
		limit := trialTime
		if what == TryLevels {
			limit = math.MaxInt64
		}
		heard, err := s.hear(ctx, limit, what != TryEcho, tell)
		if err != nil || what != TryEcho || ctx.Err() != nil {
			return err
		}
		return s.sound(ctx, Speech, heard, tell)
	case TrySpeaker:
		return s.sound(ctx, Speech, notes(), tell)
	case TryRinger:
		return s.sound(ctx, Ring, notes(), tell)
	}
	return fmt.Errorf("%q cannot be tried: write microphone, speaker, ringer, echo or levels", what)
}

// unknown reports whether nobody has looked yet which devices are there.
func (s *System) unknown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present == nil
}

// hear listens to the microphone and returns the last of what it heard, at most trialTime.
func (s *System) hear(ctx context.Context, limit time.Duration, last bool, tell func(devices.Trial)) ([]int16, error) {
	var name string
	src, err := best(s.Targets(Mic), "microphone", func(t devices.Target) (Source, error) {
		name = t.Name()
		return s.Source(t, asleep)
	})
	if err != nil {
		return nil, err
	}
	defer src.Close() // what was heard is there
	var heard []int16
	var peak, whole float32
	room, due := make([]int16, Rate/5), 0
	err = beaten(ctx, limit, func(now time.Time) (bool, error) {
		n, err := src.Read(now, room)
		if err != nil {
			return false, unusable("microphone", err)
		}
		heard = append(heard, room[:n]...)
		heard = heard[max(0, len(heard)-samples(trialTime)):]
		peak = max(peak, loudest(room[:n]))
		if due += n; due >= meter {
			whole = max(whole, peak)
			tell(devices.Trial{Stage: "listening", Device: name, Peak: peak})
			peak, due = 0, 0
		}
		return false, nil
	})
	if err == nil && last && ctx.Err() == nil {
		tell(devices.Trial{Stage: "done", Device: name, Peak: max(whole, peak), Text: devices.Verdict(name, max(whole, peak))})
	}
	return heard, err
}

// sound plays samples.
func (s *System) sound(ctx context.Context, use Use, p []int16, tell func(devices.Trial)) error {
	var name string
	sink, err := best(s.Targets(use), sinkName(use), func(t devices.Target) (Sink, error) {
		name = t.Name()
		return s.Sink(t, use, asleep)
	})
	if err != nil {
		return err
	}
	whole, due, at := loudest(p), 0, 0
	err = beaten(ctx, 2*trialTime, func(now time.Time) (bool, error) {
		space, err := sink.Space(now)
		for ; err == nil && space >= Period && at < len(p); space -= Period {
			end := min(at+Period, len(p))
			_, err = sink.Write(p[at:end])
			if due += end - at; due >= meter {
				tell(devices.Trial{Stage: "playing", Device: name, Peak: loudest(p[max(0, end-meter):end])})
				due = 0
			}
			at = end
		}
		if err != nil {
			return false, unusable(sinkName(use), err)
		}
		return at == len(p), nil
	})
	if failed := sink.Close(); err == nil && failed != nil {
		err = unusable(sinkName(use), failed)
	}
	if err == nil {
		tell(devices.Trial{Stage: "done", Device: name, Peak: whole, Text: name + " played it. If you heard nothing, it is muted or something else is chosen."})
	}
	return err
}

// beaten calls step every 10 ms until that says that it is over, limit has passed or ctx ends.
func beaten(ctx context.Context, limit time.Duration, step func(time.Time) (over bool, err error)) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < limit; {
		over, err := step(time.Now())
		if over || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	return nil
}

// notes are three rising ones, a third of a second each, at -12 dBFS.
func notes() []int16 {
	var out []int16
	for _, hz := range []float64{440, 554.4, 659.3} {
		n := Rate / 3
		for i := range n {
			fade := min(1, float64(i)/Period, float64(n-i)/Period)
			out = append(out, int16(8192*fade*math.Sin(2*math.Pi*hz*float64(i)/Rate)))
		}
	}
	return out
}

func samples(d time.Duration) int { return int(d * Rate / time.Second) }

func loudest(p []int16) float32 {
	most := 0
	for _, s := range p {
		most = max(most, int(s), -int(s))
	}
	return min(1, float32(most)/math.MaxInt16)
}

// Listed are the devices that are there and those of the choice, for people. It asks the sound system. The error is a sentence.
func (s *System) Listed() ([]devices.Listed, error) {
	present, err := Devices()
	if err != nil {
		return nil, err
	}
	c := s.Chosen()
	return devices.List(c.wish(Mic), c.wish(Speech), c.wish(Ring), present), nil
}
