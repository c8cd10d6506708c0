package media

import (
	"context"
	"encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// phone is an Engine under test and what it said.
type phone struct {
	t      *testing.T
	engine *Engine
	audio  *audio.System
	stop   func()

	mu   sync.Mutex
	news []call.News
}

func loopback() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// start runs an engine on loopback until the test ends.
func start(t *testing.T, cfg Config, choice audio.Choice) *phone {
	t.Helper()
	return startAt(t, cfg, choice, loopback)
}

// startAt runs one at an address.
func startAt(t *testing.T, cfg Config, choice audio.Choice, at func() netip.Addr) *phone {
	t.Helper()
	cfg.LocalAddr = at
	return startWith(t, cfg, choice, nil)
}

// startWith runs one that was changed before.
func startWith(t *testing.T, cfg Config, choice audio.Choice, change func(*Engine)) *phone {
	t.Helper()
	if cfg.LocalAddr == nil {
		cfg.LocalAddr = loopback
	}
	p := &phone{t: t, audio: audio.New(choice, nil)}
	cfg.Audio = p.audio
	p.engine = New(cfg, func(n call.News) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.news = append(p.news, n)
	})
	if change != nil {
		change(p.engine)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.engine.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(p.stop)
	runs := make(chan struct{}) // and with it everything that runs for the engine itself
	p.engine.post(func(time.Time) { close(runs) })
	<-runs
	return p
}

// eventually polls until done says yes.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		<-tick.C
	}
}

// await returns the next news that match wants, and forgets everything before it.
func await[E any](p *phone, what string, match func(E) bool) E {
	p.t.Helper()
	var found E
	eventually(p.t, what, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, n := range p.news {
			var v any = n
			if h, ok := n.(call.Happened); ok {
				v = h.Event
			}
			if e, ok := v.(E); ok && (match == nil || match(e)) {
				found, p.news = e, p.news[i+1:]
				return true
			}
		}
		return false
	})
	return found
}

// events are the news about calls so far, without levels and measurements.
func (p *phone) events() []call.News {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []call.News
	for _, n := range p.news {
		switch n.(type) {
		case call.Levels, call.Measured:
		default:
			out = append(out, n)
		}
	}
	return out
}

// connect calls from a to b.
func connect(a, b *phone, id call.ID) {
	a.t.Helper()
	a.engine.Do(call.MakeOffer{ID: id})
	offer := await[call.LocalSDP](a, "the offer", nil)
	b.engine.Do(call.MakeAnswer{ID: id, Offer: offer.SDP})
	answer := await[call.LocalSDP](b, "the answer", nil)
	await[call.MediaUp](b, "sound at the answerer", nil)
	a.engine.Do(call.Connect{ID: id, Answer: answer.SDP})
	await[call.MediaUp](a, "sound at the caller", nil)
}

// reoffer negotiates again from a to b.
func reoffer(a, b *phone, id call.ID, hold bool) (up call.MediaUp) {
	a.t.Helper()
	a.engine.Do(call.MakeReoffer{ID: id, Hold: hold})
	offer := await[call.LocalSDP](a, "the new offer", nil)
	b.engine.Do(call.MakeAnswer{ID: id, Offer: offer.SDP})
	answer := await[call.LocalSDP](b, "its answer", nil)
	b.engine.Do(call.Connect{ID: id})
	up = await[call.MediaUp](b, "sound after it", nil)
	a.engine.Do(call.Connect{ID: id, Answer: answer.SDP})
	await[call.MediaUp](a, "sound after the answer", nil)
	return up
}

// power is the mean square of samples, and the part of it that a sine of hz has (Goertzel).
func power(samples []int16, hz float64) (all, sine float64) {
	w := 2 * math.Cos(2*math.Pi*hz/audio.Rate)
	var s1, s2 float64
	for _, v := range samples {
		s1, s2 = float64(v)+w*s1-s2, s1
		all += float64(v) * float64(v)
	}
	n := float64(len(samples))
	return all / n, 2 * (s1*s1 + s2*s2 - w*s1*s2) / n / n
}

// snr is how far a tone stands above everything else, in dB; -100 for silence.
func snr(samples []int16, hz float64) float64 {
	all, sine := power(samples, hz)
	if all == 0 {
		return -100
	}
	return 10 * math.Log10(sine/max(all-sine, 1e-9))
}

// recording reads what a phone played so far.
func recording(t *testing.T, path string) []int16 {
	t.Helper()
	got, err := audio.ReadWAV(path)
	if err != nil {
		return nil
	}
	return got
}

// tail reads the last quarter of a second a phone played, and how many samples it has played in all. It reads no more than
// that, so that looking often does not slow down what is looked at.
func tail(path string) (last []int16, all int) {
	const window = audio.Rate / 4
	f, err := os.Open(path)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, 0
	}
	all = max(0, int(info.Size()-44)/2)
	if all < window {
		return nil, all
	}
	b := make([]byte, 2*window)
	if _, err := f.ReadAt(b, 44+2*int64(all-window)); err != nil {
		return nil, all
	}
	for i := range window {
		last = append(last, int16(binary.LittleEndian.Uint16(b[2*i:])))
	}
	return last, all
}

// hears reports whether the latest thing a phone played is a clear tone.
func hears(path string, hz float64) bool {
	last, _ := tail(path)
	return last != nil && snr(last, hz) > 20
}

// silent reports whether the latest thing a phone played is silence.
func silent(path string) bool {
	last, _ := tail(path)
	all, _ := power(last, 440)
	return last != nil && all < 100
}

// clearest finds the best fifth of a second of a tone, in dB over everything else.
func clearest(samples []int16, hz float64) float64 {
	best := -100.0
	const window = audio.Rate / 5
	for at := 0; at+window <= len(samples); at += window / 2 {
		best = max(best, snr(samples[at:at+window], hz))
	}
	return best
}

func wav(t *testing.T, name string) string { return filepath.Join(t.TempDir(), name) }

// forget drops what was told so far.
func (p *phone) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.news = nil
}
