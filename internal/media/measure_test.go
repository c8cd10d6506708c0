package media

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// TestMeasured: what is lost on the way is in the quality of each second, in that of the call, and in the report to a far end that
// takes it.
func TestMeasured(t *testing.T) {
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	s := established(t, far, "a=rtcp-xr:voip-metrics\n")
	now := clockStart()
	var seconds []call.Sound
	var out [block]int16
	for seq := range uint16(500) {
		if seq < 250 || seq%5 != 0 { // the second half misses every fifth
			s.receive(now, far, voice(7, seq), false)
		}
		for range 2 {
			s.player.pull(now, out[:])
			if m, ok := s.measure(now, true, false); ok {
				if m.ID != "c1" {
					t.Errorf("measured %q", m.ID)
				}
				seconds = append(seconds, m.Sound)
			}
			now = now.Add(10 * time.Millisecond)
		}
	}
	if len(seconds) != 9 {
		t.Fatalf("%d seconds", len(seconds))
	}
	first, last := seconds[2], seconds[8]
	if first.Now.Lost != 0 || first.Now.MOS < 4.4 || first.Poor {
		t.Errorf("at first %+v", first)
	}
	if last.Now.Lost != 20 || last.Now.MOS > 3 || !last.Poor || last.Whole.Lost < 6 || last.Whole.Lost > 10 || last.Now.Concealed < 100 {
		t.Errorf("at last %+v", last)
	}
	b, err := rtcp.Marshal([]rtcp.Packet{s.extended()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := rtcp.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	x, ok := p[0].(*rtcp.ExtendedReport).Reports[0].(*rtcp.VoIPMetricsReportBlock)
	if !ok || x.SSRC != 7 || x.LossRate < 20 || x.LossRate > 28 || x.Gmin != 16 || x.MOSCQ < 30 || x.MOSCQ > 40 {
		t.Errorf("reported %+v", x)
	}
	// Every fifth of 250 is one burst of 49 losses with four played between two.
	if x.BurstDensity < 51 || x.BurstDensity > 54 || x.BurstDuration < 4700 || x.BurstDuration > 5000 || x.GapDensity != 0 || x.GapDuration < 2400 || x.GapDuration > 2600 {
		t.Errorf("reported %+v", x)
	}
}

// TestTheirOpinion: what they report of our sound is shown, and what they report of another's is not.
func TestTheirOpinion(t *testing.T) {
	far := netip.MustParseAddrPort("127.0.0.2:40000")
	s := established(t, far, "")
	now := clockStart()
	s.measure(now, true, false)
	s.receive(now, far, voice(7, 1), false)
	for i, mos := range []uint8{42, 35, 127, 9} {
		b, err := rtcp.Marshal([]rtcp.Packet{
			&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: s.sender.ssrc, FractionLost: 51}}},
			&rtcp.ExtendedReport{SenderSSRC: 7, Reports: []rtcp.ReportBlock{&rtcp.VoIPMetricsReportBlock{SSRC: s.sender.ssrc + uint32(i%2), MOSCQ: mos}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.receive(now, far, b, true)
	}
	if m, ok := s.measure(now.Add(time.Second), true, false); !ok || m.Sound.Now.TheirMOS != 4.2 || math.Abs(m.Sound.Now.TheirLoss-20) > 0.1 {
		t.Errorf("%+v", m.Sound.Now)
	}
}

// TestPausesAreNoSilence: who sends nothing while they are silent is not missed.
func TestPausesAreNoSilence(t *testing.T) {
	for name, c := range map[string]struct {
		jump uint32 // of the timestamp after the pause, in packets
		want call.Side
	}{"suppresses silence": {50, ""}, "does not": {0, call.FromThem}} {
		far := netip.MustParseAddrPort("127.0.0.2:40000")
		s := established(t, far, "")
		now := clockStart()
		s.measure(now, true, false)
		f := &talkative{ssrc: 7, time: 160}
		var last call.Sound
		for i := range 500 {
			if i < 100 || i == 110 {
				s.receive(now, far, f.packet(0, make([]byte, 160)), false)
				if f.time += 160; i == 99 {
					f.time += 160 * c.jump
				}
			}
			now = now.Add(20 * time.Millisecond)
			if m, ok := s.measure(now, true, false); ok {
				last = m.Sound
			}
		}
		if last.Silent != c.want {
			t.Errorf("%s: %q", name, last.Silent)
		}
	}
}

// TestFileIsOver: what comes behind the end of a file is no dead microphone.
func TestFileIsOver(t *testing.T) {
	short := wav(t, "short.wav")
	w, err := audio.New(audio.Choice{Output: "file:" + short}, nil).OpenSink(audio.Speech)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(sine(440, audio.Rate, audio.Rate/2)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a := start(t, Config{}, audio.Choice{Input: "file:" + short, Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	connect(a, b, "c1")
	for range 6 {
		if m := await[call.Measured](a, "a second", nil); m.Sound.Silent != call.NothingMissing {
			t.Fatalf("%+v", m.Sound)
		}
	}
}

// TestDeadMicrophone: a real microphone that gives nothing at all is told of, one that is muted is not, nor is a device of silence.
func TestDeadMicrophone(t *testing.T) {
	quiet := wav(t, "quiet.wav")
	w, err := audio.New(audio.Choice{Output: "file:" + quiet}, nil).OpenSink(audio.Speech)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]int16, 10*audio.Rate)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a := start(t, Config{}, audio.Choice{Input: "file:" + quiet, Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	connect(a, b, "c1")
	seen := await(a, "a dead microphone", func(m call.Measured) bool { return m.Sound.Silent == call.FromMicrophone })
	if seen.Sound.Now.Said != -96 || seen.Sound.Now.MOS < 4.3 {
		t.Errorf("%+v", seen.Sound.Now)
	}
	a.engine.Do(call.Gate{ID: "c1", On: true})
	await(a, "a muted one", func(m call.Measured) bool { return m.Sound.Silent == call.NothingMissing })
	if m := await(b, "a second", func(m call.Measured) bool { return true }); m.Sound.Silent != call.NothingMissing {
		t.Errorf("a device of silence: %+v", m.Sound)
	}
}
