package jitter

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

// stamps is a Decoder whose payloads are the number of a packet and whose sound is a tone. It writes down what it decodes.
type stamps struct {
	rate  int
	units int
	heard []int
}

// Decode implements Decoder.
func (d *stamps) Decode(dst []int16, payload []byte) []int16 {
	i := int(binary.BigEndian.Uint32(payload))
	d.heard = append(d.heard, i)
	for k := range d.units {
		dst = append(dst, tone(i*d.units+k, d.rate))
	}
	return dst
}

// tone is a sample of 200 Hz.
func tone(i, rate int) int16 {
	return int16(math.Round(10000 * math.Sin(2*math.Pi*200*float64(i)/float64(rate))))
}

// network says what happens to packet i: how long it travels, and whether it is lost or comes twice.
type network func(i int, r *rand.Rand) (delay time.Duration, lost, twice bool)

type arrival struct {
	at time.Duration
	i  int
}

// trip is what run has seen: the packets decoded, how long before each was heard it was said, and all that was heard.
type trip struct {
	stats  Stats
	heard  []int
	delays []time.Duration // one per block of 10 ms, of the playout
	sound  []int16
}

// run plays n packets of 20 ms at 8 kHz through a network and a playout that is asked for 10 ms at a time.
func run(n int, net network, seed uint64) trip {
	r := rand.New(rand.NewPCG(seed, 1))
	const base = 1<<32 - 16000 // wraps after two seconds
	var on []arrival
	for i := range n {
		delay, lost, twice := net(i, r)
		if !lost {
			on = append(on, arrival{time.Duration(i)*20*ms + delay, i})
		}
		if twice {
			on = append(on, arrival{time.Duration(i)*20*ms + delay + 5*ms, i})
		}
	}
	slices.SortStableFunc(on, func(a, b arrival) int { return int(a.at - b.at) })
	d := &stamps{rate: 8000, units: 160}
	p := New(Config{})
	p.Use(0, d)
	var out trip
	var block [80]int16
	t0 := time.Unix(1000, 0)
	for now := 7 * ms; now < time.Duration(n)*20*ms; now += 10 * ms {
		for len(on) > 0 && on[0].at <= now {
			i := on[0].i
			var payload [160]byte
			binary.BigEndian.PutUint32(payload[:], uint32(i))
			p.Put(t0.Add(on[0].at), Packet{SSRC: 9, Seq: uint16(65500 + i), Timestamp: uint32(base + i*160), Units: 160, Payload: payload[:]})
			on = on[1:]
		}
		p.Pull(t0.Add(now), block[:])
		out.sound = append(out.sound, block[:]...)
		out.delays = append(out.delays, p.Stats().Delay)
	}
	out.heard, out.stats = d.heard, p.Stats()
	return out
}

func steady(int, *rand.Rand) (time.Duration, bool, bool) { return 30 * ms, false, false }

func ordered(t *testing.T, heard []int) {
	t.Helper()
	for i := 1; i < len(heard); i++ {
		if heard[i] <= heard[i-1] {
			t.Fatalf("packet %d was heard after packet %d", heard[i], heard[i-1])
		}
	}
}

// last is the median of the final hundred delays.
func (r trip) last() time.Duration {
	d := slices.Sorted(slices.Values(r.delays[len(r.delays)-100:]))
	return d[50]
}

func TestSteadyNetworkIsPlayedAtOnce(t *testing.T) {
	got := run(500, steady, 1)
	ordered(t, got.heard)
	if len(got.heard) < 497 || got.stats.Lost != 0 || got.stats.Concealed != 0 {
		t.Fatalf("heard %d of 500, %+v", len(got.heard), got.stats)
	}
	if d := got.last(); d > 20*ms || got.stats.Target > 15*ms {
		t.Errorf("a steady network needs no delay of %v, %+v", d, got.stats)
	}
}

func TestReorderingAndDuplicatesCostNothing(t *testing.T) {
	got := run(900, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if i > 50 && i%10 == 3 {
			return 65 * ms, false, false // overtaken by two
		}
		return 30 * ms, false, i%7 == 0
	}, 1)
	ordered(t, got.heard)
	if len(got.heard) < 893 || got.stats.Lost > 2 || got.stats.Late > 3 || got.last() > 70*ms {
		t.Errorf("heard %d of 900, delay %v, %+v", len(got.heard), got.last(), got.stats)
	}
	if got.stats.Duplicate+got.stats.Late < 115 {
		t.Errorf("duplicates not seen: %+v", got.stats)
	}
}

func TestLossIsClosedAndTheNextPacketAwaited(t *testing.T) {
	got := run(1000, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		return 30*ms + time.Duration(r.IntN(3))*ms, i > 0 && i%20 == 0, false
	}, 2)
	ordered(t, got.heard)
	if len(got.heard) < 948 || got.stats.Lost != 49 || got.stats.Concealed < 960*ms || got.stats.Concealed > 1020*ms {
		t.Errorf("heard %d of 951, %+v", len(got.heard), got.stats)
	}
	if d := got.last(); d < 25*ms || d > 50*ms {
		t.Errorf("delay %v: one packet longer than without loss", d)
	}
	if s := purity(got.sound[8000:], 200); s < 25 {
		t.Errorf("a tone with 5 %% loss is heard with %.1f dB", s)
	}
}

// purity is how much more there is of a tone at hz than of everything else, in dB, at 8 kHz.
func purity(pcm []int16, hz float64) float64 {
	const window = 1600
	var tone, all float64
	for ; len(pcm) >= window; pcm = pcm[window:] {
		var re, im float64
		for i, s := range pcm[:window] {
			a := 2 * math.Pi * hz * float64(i) / 8000
			re, im = re+float64(s)*math.Cos(a), im+float64(s)*math.Sin(a)
			all += float64(s) * float64(s)
		}
		tone += 2 * (re*re + im*im) / window
	}
	return 10 * math.Log10(tone/max(all-tone, 1))
}

func TestTargetFollowsTheNetwork(t *testing.T) {
	rough := func(_ int, r *rand.Rand) (time.Duration, bool, bool) {
		return 20*ms + time.Duration(r.IntN(90))*ms, false, false
	}
	got := run(750, rough, 3)
	if got.stats.Target < 80*ms || got.stats.Target > 130*ms {
		t.Errorf("jitter of 90 ms gives a target of %v", got.stats.Target)
	}
	got = run(2600, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if i < 750 {
			return rough(i, r)
		}
		return 20 * ms, false, false
	}, 3)
	ordered(t, got.heard)
	if len(got.heard) < 2580 || got.last() > 25*ms || got.stats.Shortened == 0 {
		t.Errorf("when the network is calm again the delay shrinks: %v, heard %d, %+v", got.last(), len(got.heard), got.stats)
	}
}

func TestStallIsPlayedOnAndForgotten(t *testing.T) {
	got := run(2500, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if i >= 300 && i < 315 {
			return time.Duration(315-i)*20*ms + 20*ms, false, false
		}
		return 20 * ms, false, false
	}, 4)
	ordered(t, got.heard)
	if len(got.heard) < 2490 || got.last() > 25*ms {
		t.Errorf("heard %d of 2500, delay %v, %+v", len(got.heard), got.last(), got.stats)
	}
}

// Stalls that come again are heard once: the delay they made is kept.
func TestStallsThatComeAgainAreHeardOnce(t *testing.T) {
	got := run(2000, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if late := i % 250; i > 200 && late < 10 {
			return time.Duration(10-late)*20*ms + 20*ms, false, false
		}
		return 20 * ms, false, false
	}, 4)
	if len(got.heard) < 1985 || got.stats.Concealed > 250*ms || got.last() > 230*ms {
		t.Errorf("heard %d of 2000, delay %v, %+v", len(got.heard), got.last(), got.stats)
	}
}

func TestOutageEndsInSilenceAndBeginsAgain(t *testing.T) {
	got := run(600, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		return 20 * ms, i >= 200 && i < 300, false
	}, 5)
	ordered(t, got.heard)
	if len(got.heard) < 490 || got.heard[len(got.heard)-1] < 595 {
		t.Errorf("heard %d of 500, %+v", len(got.heard), got.stats)
	}
	for i, s := range got.sound[8000*43/10 : 8000*59/10] {
		if s != 0 {
			t.Fatalf("sample %d of the outage is %d", i, s)
		}
	}
}

func TestNewSourceAndJumpRestart(t *testing.T) {
	p := New(Config{})
	p.Use(0, &stamps{8000, 160, nil})
	now := time.Unix(1000, 0)
	put := func(ssrc uint32, seq uint16, ts uint32) Verdict {
		now = now.Add(20 * ms)
		return p.Put(now, Packet{SSRC: ssrc, Seq: seq, Timestamp: ts, Units: 160, Payload: []byte{0, 0, 0, 1}})
	}
	for i := range uint32(5) {
		put(1, uint16(i), i*160)
	}
	if v := put(2, 100, 5000); v != Restarted {
		t.Errorf("a new source: verdict %v", v)
	}
	if v := put(2, 101, 5160); v != Stored {
		t.Errorf("its next packet: verdict %v", v)
	}
	for _, ts := range []uint32{5320 + 80000, 100} {
		if v := put(2, 102, ts); v != Restarted {
			t.Errorf("a jump to %d: verdict %v", ts, v)
		}
	}
	if p.shelf.count != 1 {
		t.Errorf("%d packets left after a jump", p.shelf.count)
	}
}

// A loudspeaker that was gone for a while must be heard again at once, with what is said now.
func TestPauseOfTheListener(t *testing.T) {
	for _, pause := range []int{5, 30, 64, 150, 1000} {
		d := &stamps{8000, 160, nil}
		p := New(Config{})
		p.Use(0, d)
		t0 := time.Unix(1000, 0)
		var block [80]int16
		late := 0
		for i := range 1300 {
			now := t0.Add(time.Duration(i) * 20 * ms)
			var payload [4]byte
			binary.BigEndian.PutUint32(payload[:], uint32(i))
			p.Put(now, Packet{SSRC: 1, Seq: uint16(i), Timestamp: uint32(i * 160), Units: 160, Payload: payload[:]})
			if i >= 100 && i < 100+pause {
				continue
			}
			p.Pull(now.Add(3*ms), block[:])
			p.Pull(now.Add(13*ms), block[:])
			if i > 100+pause+100 && i-d.heard[len(d.heard)-1] > 6 {
				late++
			}
		}
		if late > 0 || d.heard[len(d.heard)-1] < 1295 {
			t.Errorf("after a pause of %d packets %d are late, %+v", pause, late, p.Stats())
		}
	}
}

func TestUnsentSilenceIsNotConcealed(t *testing.T) {
	p := New(Config{})
	p.Use(0, &stamps{8000, 160, nil})
	t0 := time.Unix(1000, 0)
	seq := uint16(0)
	var block [80]int16
	for i := range 400 {
		now := t0.Add(time.Duration(i) * 20 * ms)
		if i%40 < 30 || i%40 > 33 { // four frames of silence are not sent
			p.Put(now, Packet{SSRC: 1, Seq: seq, Timestamp: uint32(i * 160), Units: 160, Payload: []byte{0, 0, 0, 1}})
			seq++
		}
		p.Pull(now.Add(ms), block[:])
		p.Pull(now.Add(11*ms), block[:])
	}
	if s := p.Stats(); s.Lost != 0 {
		t.Errorf("silence the sender did not send was taken for loss: %+v", s)
	}
}

func TestRefused(t *testing.T) {
	p := New(Config{})
	p.Use(0, &stamps{8000, 160, nil})
	for _, k := range []Packet{{Units: 0}, {Units: -1}, {Units: 1601}, {Units: 160, Payload: make([]byte, MaxPayload+1)}, {Units: 160, PT: 9}} {
		if v := p.Put(time.Unix(1, 0), k); v != Refused {
			t.Errorf("%d units, %d octets: verdict %v", k.Units, len(k.Payload), v)
		}
	}
	block := []int16{1, 2, 3}
	if p.Pull(time.Unix(2, 0), block); block[0] != 0 || block[2] != 0 {
		t.Errorf("an empty playout gives %v", block)
	}
}

// A sender's clock that is off by 300 ppm is followed without a hole.
func TestDrift(t *testing.T) {
	for _, ppm := range []int{-300, 300} {
		got := run(10000, func(i int, _ *rand.Rand) (time.Duration, bool, bool) {
			return 200*ms + time.Duration(i*20*ppm)*time.Microsecond/1000, false, false
		}, 1)
		ordered(t, got.heard)
		if len(got.heard) < 9980 || got.stats.Lost != 0 || got.last() > 35*ms || got.last() < 5*ms || got.stats.Concealed > 40*ms {
			t.Errorf("%d ppm: heard %d, delay %v, %+v", ppm, len(got.heard), got.last(), got.stats)
		}
	}
}

// Whatever the network does, packets are heard in order, at most once, and the totals agree.
func TestProperties(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 2))
		spread, loss, twice := 1+r.IntN(250), r.IntN(30), r.IntN(20)
		got := run(400, func(_ int, r *rand.Rand) (time.Duration, bool, bool) {
			return time.Duration(r.IntN(spread)) * ms, r.IntN(100) < loss, r.IntN(100) < twice
		}, seed)
		ordered(t, got.heard)
		s := got.stats
		if uint64(len(got.heard)) > s.Stored || s.Target < 10*ms || s.Target > 200*ms {
			t.Errorf("seed %d: heard %d, %+v", seed, len(got.heard), s)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	d := &stamps{8000, 160, make([]int, 0, 1<<16)}
	p := New(Config{})
	p.Use(0, d)
	now := time.Unix(1000, 0)
	k := Packet{SSRC: 1, Units: 160, Payload: make([]byte, 160)}
	var block [80]int16
	if n := testing.AllocsPerRun(2000, func() {
		k.Seq, k.Timestamp = k.Seq+1, k.Timestamp+160
		now = now.Add(10 * ms)
		p.Pull(now, block[:])
		now = now.Add(10 * ms)
		p.Pull(now, block[:])
		if k.Seq%7 != 0 && k.Seq%31 < 25 {
			p.Put(now, k)
		}
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if s := p.Stats(); s.Lost < 100 || s.Concealed == 0 {
		t.Errorf("nothing was lost: %+v", s)
	}
}

func FuzzPlayout(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254, 1, 0, 0, 1, 2})
	f.Add([]byte("a network of another kind, with jumps and repeats"))
	f.Fuzz(func(t *testing.T, script []byte) {
		p := New(Config{})
		p.Use(0, &stamps{8000, 160, nil})
		p.Use(1, &stamps{8000, 7, nil})
		now := time.Unix(1000, 0)
		k := Packet{Units: 160, Payload: []byte{1, 2, 3, 4}}
		block := make([]int16, 160)
		for _, op := range script {
			switch op & 7 {
			case 0, 1, 2:
				k.Seq, k.Timestamp, k.PT = k.Seq+1, k.Timestamp+160, op>>3&1
				p.Put(now, k)
			case 3:
				k.Timestamp += uint32(op) << 8
				p.Put(now, k)
			case 4:
				k.Seq, k.Timestamp = k.Seq-uint16(op>>3), k.Timestamp-160*uint32(op>>3)
				p.Put(now, k)
			case 5:
				k.SSRC, k.Units = uint32(op>>6), int(op)*8
				p.Put(now, k)
			default:
				now = now.Add(time.Duration(op>>3) * ms)
			}
			p.Pull(now, block[:1+int(op)%160])
			if p.shelf.count < 0 || p.shelf.count > capacity || p.tape.waiting() < 0 {
				t.Fatalf("%d packets, %d samples", p.shelf.count, p.tape.waiting())
			}
			for i := 1; i < p.shelf.count; i++ {
				if p.shelf.slots[p.shelf.order[i-1]].at >= p.shelf.slots[p.shelf.order[i]].at {
					t.Fatal("out of order")
				}
			}
		}
	})
}

func BenchmarkPacket(b *testing.B) {
	d := &stamps{8000, 160, nil}
	p := New(Config{})
	p.Use(0, d)
	now := time.Unix(1000, 0)
	k := Packet{SSRC: 1, Units: 160, Payload: make([]byte, 160)}
	var block [80]int16
	b.ReportAllocs()
	for b.Loop() {
		d.heard = d.heard[:0]
		k.Seq, k.Timestamp = k.Seq+1, k.Timestamp+160
		now = now.Add(20 * ms)
		p.Put(now, k)
		p.Pull(now, block[:])
		p.Pull(now.Add(10*ms), block[:])
	}
}
