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

// network says what happens to packet i: how long it travels, and whether it is lost or comes twice.
type network func(i int, r *rand.Rand) (delay time.Duration, lost, twice bool)

type arrival struct {
	at time.Duration
	i  int
}

// run plays n packets of 20 ms through a network and a buffer and returns the numbers of the packets heard and the kinds of
// all frames. First and base are the sequence number and timestamp of packet 0.
func run(b *Buffer, n int, net network, seed uint64) (heard []int, kinds [4]int, wait []time.Duration) {
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
	t0 := time.Unix(1000, 0)
	for now := 7 * ms; now < time.Duration(n)*20*ms+time.Second; now += 20 * ms {
		for len(on) > 0 && on[0].at <= now {
			i := on[0].i
			var payload [160]byte
			binary.BigEndian.PutUint32(payload[:], uint32(i))
			b.Put(t0.Add(on[0].at), Packet{SSRC: 9, Seq: uint16(65500 + i), Timestamp: uint32(base + i*160), Samples: 160, Payload: payload[:]})
			on = on[1:]
		}
		f := b.Get(t0.Add(now), false)
		kinds[f.Kind]++
		if f.Kind == Voice {
			i := int(binary.BigEndian.Uint32(f.Payload))
			heard = append(heard, i)
			wait = append(wait, now-time.Duration(i)*20*ms)
		}
	}
	return heard, kinds, wait
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

func TestSteadyNetworkPlaysEverythingSoon(t *testing.T) {
	b := New(Config{})
	heard, kinds, wait := run(b, 500, steady, 1)
	ordered(t, heard)
	if len(heard) != 500 || kinds[Lost] != 0 {
		t.Fatalf("heard %d of 500, kinds %v", len(heard), kinds)
	}
	if d := wait[499] - 30*ms; d > 60*ms {
		t.Errorf("a steady network needs no delay of %v", d)
	}
	if s := b.Stats(); s.Stored != 500 || s.Target != 20*ms {
		t.Errorf("%+v", s)
	}
}

func TestReorderingAndDuplicatesCostNothing(t *testing.T) {
	b := New(Config{})
	heard, kinds, _ := run(b, 600, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if i > 50 && i%10 == 3 {
			return 65 * ms, false, false // overtaken by two
		}
		return 30 * ms, false, i%7 == 0
	}, 1)
	ordered(t, heard)
	if len(heard) < 596 || kinds[Lost] > 4 {
		t.Errorf("heard %d of 600, kinds %v, %+v", len(heard), kinds, b.Stats())
	}
	if s := b.Stats(); s.Duplicate+s.Late != 78 {
		t.Errorf("duplicates not seen: %+v", s)
	}
}

func TestLossIsConcealedOnce(t *testing.T) {
	b := New(Config{})
	heard, kinds, _ := run(b, 1000, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		return 30*ms + time.Duration(r.IntN(8))*ms, i > 0 && i%20 == 0, false
	}, 2)
	ordered(t, heard)
	if len(heard) < 945 || kinds[Lost]+kinds[Stretch] < 45 || kinds[Lost]+kinds[Stretch] > 90 {
		t.Errorf("heard %d of 951, kinds %v", len(heard), kinds)
	}
}

func TestTargetFollowsTheNetwork(t *testing.T) {
	b := New(Config{})
	heard, _, _ := run(b, 1500, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if i < 750 {
			return 20*ms + time.Duration(r.IntN(90))*ms, false, false
		}
		return 20 * ms, false, false
	}, 3)
	ordered(t, heard)
	if len(heard) < 1400 {
		t.Errorf("heard %d of 1500", len(heard))
	}
	s := b.Stats()
	if s.Target != 20*ms || s.Delay > 90*ms || s.Skipped == 0 {
		t.Errorf("when the network is calm again the delay shrinks: %+v", s)
	}
	rough := New(Config{})
	run(rough, 750, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		return 20*ms + time.Duration(r.IntN(90))*ms, false, false
	}, 3)
	if s := rough.Stats(); s.Target < 80*ms || s.Target > 110*ms {
		t.Errorf("jitter of 90 ms gives a target of %v", s.Target)
	}
}

func TestStallIsPlayedOn(t *testing.T) {
	b := New(Config{})
	heard, _, wait := run(b, 800, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		if i >= 300 && i < 315 {
			return time.Duration(315-i)*20*ms + 20*ms, false, false
		}
		return 20 * ms, false, false
	}, 4)
	ordered(t, heard)
	if len(heard) < 770 {
		t.Errorf("heard %d of 800", len(heard))
	}
	if last := wait[len(wait)-1]; last > 150*ms {
		t.Errorf("long after a stall the delay is still %v", last)
	}
}

func TestOutageEndsInSilenceAndBeginsAgain(t *testing.T) {
	b := New(Config{})
	heard, kinds, _ := run(b, 600, func(i int, r *rand.Rand) (time.Duration, bool, bool) {
		return 20 * ms, i >= 200 && i < 300, false
	}, 5)
	ordered(t, heard)
	if len(heard) < 490 || kinds[Silence] < 50 || heard[len(heard)-1] != 599 {
		t.Errorf("heard %d of 500, kinds %v", len(heard), kinds)
	}
}

func TestNewSourceAndJumpRestart(t *testing.T) {
	b := New(Config{})
	now := time.Unix(1000, 0)
	put := func(ssrc uint32, seq uint16, ts uint32) Verdict {
		now = now.Add(20 * ms)
		return b.Put(now, Packet{SSRC: ssrc, Seq: seq, Timestamp: ts, Samples: 160, Payload: []byte{1}})
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
	if b.count != 1 {
		t.Errorf("%d packets left after a jump", b.count)
	}
}

// A loudspeaker that was gone for a while must be heard again at once, with what is said now.
func TestPauseOfTheListener(t *testing.T) {
	for _, pause := range []int{5, 30, 64, 150, 1000} {
		b := New(Config{})
		t0 := time.Unix(1000, 0)
		voice, late := 0, 0
		for i := range 1200 {
			now := t0.Add(time.Duration(i) * 20 * ms)
			var payload [4]byte
			binary.BigEndian.PutUint32(payload[:], uint32(i))
			b.Put(now, Packet{SSRC: 1, Seq: uint16(i), Timestamp: uint32(i * 160), Samples: 160, Payload: payload[:]})
			if i >= 100 && i < 100+pause {
				continue
			}
			f := b.Get(now.Add(3*ms), false)
			if i < 100+pause || f.Kind != Voice {
				continue
			}
			voice++
			if i > 100+pause+50 && i-int(binary.BigEndian.Uint32(f.Payload)) > 6 {
				late++
			}
		}
		if want := 1100 - pause; voice < want-5 || late > want/3 {
			t.Errorf("after a pause of %d frames %d of %d are heard, %d of them late, %+v", pause, voice, want, late, b.Stats())
		}
	}
}

func TestUnsentSilenceIsNotConcealed(t *testing.T) {
	b := New(Config{})
	t0 := time.Unix(1000, 0)
	var kinds [4]int
	seq := uint16(0)
	for i := range 400 {
		now := t0.Add(time.Duration(i) * 20 * ms)
		if i%40 < 30 || i%40 > 33 { // four frames of silence are not sent
			b.Put(now, Packet{SSRC: 1, Seq: seq, Timestamp: uint32(i * 160), Samples: 160, Payload: []byte{1}})
			seq++
		}
		kinds[b.Get(now.Add(ms), false).Kind]++
	}
	if kinds[Lost] != 0 {
		t.Errorf("kinds %v: silence the sender did not send was taken for loss", kinds)
	}
}

func TestRefused(t *testing.T) {
	b := New(Config{})
	for _, p := range []Packet{{Samples: 0}, {Samples: -1}, {Samples: 1601}, {Samples: 160, Payload: make([]byte, MaxPayload+1)}} {
		if v := b.Put(time.Unix(1, 0), p); v != Refused {
			t.Errorf("%d samples, %d octets: verdict %v", p.Samples, len(p.Payload), v)
		}
	}
	if f := b.Get(time.Unix(2, 0), true); f.Kind != Silence || f.Samples != 160 {
		t.Errorf("an empty buffer gives %+v", f)
	}
}

// Whatever the network does, packets are heard in order, at most once, and the totals agree.
func TestProperties(t *testing.T) {
	for seed := range uint64(60) {
		b := New(Config{})
		r := rand.New(rand.NewPCG(seed, 2))
		spread, loss, twice := 1+r.IntN(250), r.IntN(30), r.IntN(20)
		heard, kinds, _ := run(b, 400, func(_ int, r *rand.Rand) (time.Duration, bool, bool) {
			return time.Duration(r.IntN(spread)) * ms, r.IntN(100) < loss, r.IntN(100) < twice
		}, seed)
		ordered(t, heard)
		s := b.Stats()
		if len(heard) != kinds[Voice] || uint64(len(heard))+s.Skipped > s.Stored || s.Target < 20*ms || s.Target > 200*ms {
			t.Errorf("seed %d: heard %d, kinds %v, %+v", seed, len(heard), kinds, s)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	b := New(Config{})
	c := NewConcealer(8000)
	now := time.Unix(1000, 0)
	p := Packet{SSRC: 1, Samples: 160, Payload: make([]byte, 160)}
	pcm := make([]int16, 0, 400)
	if n := testing.AllocsPerRun(1000, func() {
		p.Seq, p.Timestamp = p.Seq+1, p.Timestamp+160
		now = now.Add(20 * ms)
		b.Put(now, p)
		b.Get(now, true)
		c.Fill(pcm[:0], 160)
	}); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

func TestConcealmentGoesOnAndFades(t *testing.T) {
	c := NewConcealer(8000)
	tone := func(from, n int) []int16 {
		out := make([]int16, n)
		for i := range out {
			out[i] = int16(10000 * math.Sin(2*math.Pi*200*float64(from+i)/8000))
		}
		return out
	}
	c.Good(tone(0, 800), false)
	got, want := c.Fill(nil, 80), tone(800, 80)
	var noise, power float64
	for i := range got {
		noise += math.Pow(float64(got[i])-float64(want[i]), 2)
		power += math.Pow(float64(want[i]), 2)
	}
	if snr := 10 * math.Log10(power/noise); snr < 20 {
		t.Errorf("a tone goes on with %.1f dB", snr)
	}
	rest := c.Fill(nil, 480)
	for i, s := range rest[400:] {
		if s != 0 {
			t.Fatalf("sample %d after 60 ms is %d, not silence", i, s)
		}
	}
	next := tone(0, 160)
	c.Good(next, false)
	last := int16(0)
	for i, s := range next {
		if d := int(s) - int(last); d > 2500 || d < -2500 {
			t.Fatalf("a click of %d at sample %d after a hole", d, i)
		}
		last = s
	}
}

func FuzzBuffer(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254, 1, 0, 0, 1, 2})
	f.Add([]byte("a network of another kind, with jumps and repeats"))
	f.Fuzz(func(t *testing.T, script []byte) {
		b := New(Config{})
		now := time.Unix(1000, 0)
		p := Packet{Samples: 160, Payload: []byte{1, 2, 3}}
		for _, op := range script {
			switch op & 7 {
			case 0, 1, 2:
				p.Seq, p.Timestamp = p.Seq+1, p.Timestamp+160
				b.Put(now, p)
			case 3:
				p.Timestamp += uint32(op) << 8
				b.Put(now, p)
			case 4:
				p.Seq, p.Timestamp = p.Seq-uint16(op>>3), p.Timestamp-160*uint32(op>>3)
				b.Put(now, p)
			case 5:
				p.SSRC, p.Samples = uint32(op>>6), int(op)*8
				b.Put(now, p)
			default:
				now = now.Add(time.Duration(op>>3) * ms)
			}
			fr := b.Get(now, op&8 != 0)
			if fr.Samples <= 0 || (fr.Kind == Voice) != (fr.Payload != nil) {
				t.Fatalf("frame %+v", fr)
			}
			if b.count < 0 || b.count > capacity {
				t.Fatalf("%d packets", b.count)
			}
			for i := 1; i < b.count; i++ {
				if b.slots[b.order[i-1]].at >= b.slots[b.order[i]].at {
					t.Fatal("out of order")
				}
			}
		}
	})
}

func BenchmarkPutGet(b *testing.B) {
	buf := New(Config{})
	now := time.Unix(1000, 0)
	p := Packet{SSRC: 1, Samples: 160, Payload: make([]byte, 160)}
	b.ReportAllocs()
	for b.Loop() {
		p.Seq, p.Timestamp = p.Seq+1, p.Timestamp+160
		now = now.Add(20 * ms)
		buf.Put(now, p)
		buf.Get(now, false)
	}
}
