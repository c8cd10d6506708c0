package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gen2brain/malgo"

	"sidetone/internal/devices"
)

const (
	periods    = 2               // of 10 ms that the driver may hold
	patience   = 3 * time.Second // how long a sound system may take to answer
	drained    = 2 * time.Second // how long a closing device may take before it is left behind
	maxBacklog = Rate / 10       // samples of a microphone kept when its owner was late

	longestTail = 20 // periods that a closing speaker may go on
)

// errNoAnswer says that a sound system neither works nor refuses.
var errNoAnswer = errors.New("the sound system does not answer; try again or restart it")

// stream is one open device of the driver library. Its callback runs on a thread of the driver: it waits for nobody, allocates
// nothing and logs nothing.
type stream struct {
	heart
	ring    ring
	gaps    atomic.Int64 // callbacks of a speaker for which there was too little
	scratch [4 * Period]int16

	context *malgo.AllocatedContext
	device  *malgo.Device
}

func openDriverSource(d devices.Device, wake func()) (Source, error) {
	s, err := openStream(malgo.Capture, d, wake)
	if err != nil {
		return nil, err
	}
	return capture{s}, nil
}

func openDriverSink(d devices.Device, wake func()) (Sink, error) {
	s, err := openStream(malgo.Playback, d, wake)
	if err != nil {
		return nil, err
	}
	return &playback{stream: s, cushion: newCushion(Period, Period)}, nil
}

// openStream opens and starts a device, or fails within patience.
func openStream(kind malgo.DeviceType, d devices.Device, wake func()) (*stream, error) {
	return within(func() (*stream, error) {
		context, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
		if err != nil {
			return nil, errors.New("no sound system was found on this computer")
		}
		s := &stream{heart: newHeart(wake), context: context}
		if err := s.start(kind, d); err != nil {
			s.release()
			return nil, err
		}
		return s, nil
	}, func(s *stream) { s.release() })
}

// start opens the device in the context the stream has.
func (s *stream) start(kind malgo.DeviceType, d devices.Device) error {
	cfg := malgo.DefaultDeviceConfig(kind)
	cfg.SampleRate, cfg.PeriodSizeInFrames, cfg.Periods = Rate, Period, periods
	cfg.PerformanceProfile = malgo.LowLatency
	cfg.Capture.Format, cfg.Capture.Channels = malgo.FormatS16, 1
	cfg.Playback.Format, cfg.Playback.Channels = malgo.FormatS16, 1
	cfg.Pulse.StreamNamePlayback, cfg.Pulse.StreamNameCapture = "Sidetone", "Sidetone"
	data := s.play
	if kind == malgo.Capture {
		data = s.record
	}
	id, err := s.find(kind, d)
	if err != nil {
		return err
	}
	if id != nil {
		var pin runtime.Pinner
		defer pin.Unpin() // the library copies the ID while it opens the device
		pin.Pin(id)
		if kind == malgo.Capture {
			cfg.Capture.DeviceID = idPointer(id)
		} else {
			cfg.Playback.DeviceID = idPointer(id)
		}
	}
	device, err := malgo.InitDevice(s.context.Context, cfg, malgo.DeviceCallbacks{Data: data})
	if err != nil {
		return fmt.Errorf("the sound system has no working device: %w", err)
	}
	s.device = device
	if err := device.Start(); err != nil {
		return fmt.Errorf("the device does not start: %w", err)
	}
	return nil
}

// find returns the driver's ID of a device, nil for the system's default. It asks for the list in any case: to open the
// default device where there is none makes some sound systems write to the terminal.
func (s *stream) find(kind malgo.DeviceType, d devices.Device) (*malgo.DeviceID, error) {
	infos, err := s.context.Devices(kind)
	if err != nil {
		return nil, fmt.Errorf("the sound system does not list its devices: %w", err)
	}
	if len(infos) > 0 && d.ID == "" {
		return nil, nil
	}
	for i := range infos {
		if identity(infos[i].ID) == d.ID {
			return &infos[i].ID, nil
		}
	}
	return nil, errNoDevice
}

// record is the driver's callback of a microphone.
func (s *stream) record(_, in []byte, _ uint32) {
	s.beat()
	for len(in) > 1 {
		n := min(len(in)/2, len(s.scratch))
		for i := range n {
			s.scratch[i] = int16(binary.NativeEndian.Uint16(in[2*i:]))
		}
		s.ring.put(s.scratch[:n])
		in = in[2*n:]
	}
	s.wake()
}

// play is the driver's callback of a speaker. What the ring does not have is silence.
func (s *stream) play(out, _ []byte, _ uint32) {
	s.beat()
	for len(out) > 1 {
		n := min(len(out)/2, len(s.scratch))
		k := s.ring.take(s.scratch[:n])
		if clear(s.scratch[k:n]); k < n {
			s.gaps.Add(1)
		}
		for i := range n {
			binary.NativeEndian.PutUint16(out[2*i:], uint16(s.scratch[i]))
		}
		out = out[2*n:]
	}
	s.wake()
}

// Close implements Source and Sink. A driver that hangs is left behind.
func (s *stream) Close() error {
	done := make(chan struct{})
	go func() {
		s.release()
		close(done)
	}()
	timer := time.NewTimer(drained)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		return errors.New("the device did not close in time and was left behind")
	}
}

// release frees everything; it may hang in the driver.
func (s *stream) release() {
	if s.device != nil {
		// Uninit without Stop can wait for ever on a device that was unplugged; an error of Stop changes nothing.
		_ = s.device.Stop()
		s.device.Uninit()
	}
	_ = s.context.Uninit() // nothing is left to be done about an error
	s.context.Free()
}

type capture struct{ *stream }

// Read implements Source.
func (c capture) Read(now time.Time, p []int16) (int, error) {
	c.ring.drop(maxBacklog)
	n := c.ring.take(p)
	if n > 0 {
		return n, nil
	}
	return 0, c.alive(now)
}

type playback struct {
	*stream
	cushion cushion
	counted int64
}

// Space implements Sink.
func (p *playback) Space(now time.Time) (int, error) {
	gaps := p.gaps.Load()
	p.cushion.next(now, gaps != p.counted)
	p.counted = gaps
	return max(0, p.cushion.size-p.ring.fill()), p.alive(now)
}

// Write implements Sink.
func (p *playback) Write(samples []int16) (int, error) { return p.ring.put(samples), nil }

// Close implements Sink.
func (p *playback) Close() error {
	for wait := 0; p.ring.fill() > 0 && wait < longestTail && p.alive(time.Now()) == nil; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(periods * 10 * time.Millisecond) // what the driver holds
	return p.stream.Close()
}

// within runs open in a goroutine of its own for at most patience. What arrives later is given to late.
func within[T any](open func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ch := make(chan result, 1)
	go func() {
		v, err := open()
		ch <- result{v, err}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-ch:
		return r.value, r.err
	case <-timer.C:
	}
	go func() {
		if r := <-ch; r.err == nil {
			late(r.value)
		}
	}()
	var none T
	return none, errNoAnswer
}
