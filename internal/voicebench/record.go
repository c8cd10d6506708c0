package voicebench

import (
	"encoding/binary"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"time"
)

// recorder writes down what a device's monitor hears, with the time.
type recorder struct {
	cmd   *exec.Cmd
	done  chan struct{}
	pcm   []byte
	times []time.Time // when the piece came that ends at the same place in ends
	ends  []int       // in octets
}

func record(device string) (*recorder, error) {
	cmd := exec.Command("parec", "-d", device, "--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=10")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("parec does not start: %w", err)
	}
	r := &recorder{cmd: cmd, done: make(chan struct{})}
	go r.take(out)
	return r, nil
}

func (r *recorder) take(out io.Reader) {
	defer close(r.done)
	b := make([]byte, 1<<16)
	for {
		n, err := out.Read(b)
		if err != nil {
			return
		}
		r.pcm = append(r.pcm, b[:n]...)
		r.times, r.ends = append(r.times, time.Now()), append(r.ends, len(r.pcm))
	}
}

// stop returns the sound, 8000 samples a second, and when its first sample was heard: by the pieces that came soonest.
func (r *recorder) stop() ([]int16, time.Time, error) {
	_ = r.cmd.Process.Kill() // it may have ended
	<-r.done
	_ = r.cmd.Wait() // killed
	if len(r.times) < 50 {
		return nil, time.Time{}, fmt.Errorf("nothing was recorded")
	}
	var offsets []time.Duration
	for i, at := range r.times {
		if r.ends[i] > 96000 { // the first second settles
			offsets = append(offsets, at.Sub(r.times[0])-time.Duration(r.ends[i]/2)*time.Second/48000)
		}
	}
	slices.Sort(offsets)
	wide := make([]int16, len(r.pcm)/2)
	for i := range wide {
		wide[i] = int16(binary.LittleEndian.Uint16(r.pcm[2*i:]))
	}
	return lower(wide), r.times[0].Add(offsets[len(offsets)/20]), nil
}
