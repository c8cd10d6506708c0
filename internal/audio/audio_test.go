package audio

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// hear is the share of the power of samples that a sine of hz has (Goertzel), 0 to 1.
func hear(samples []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / Rate
	var re, im, power float64
	for i, s := range samples {
		re += float64(s) * math.Cos(w*float64(i))
		im += float64(s) * math.Sin(w*float64(i))
		power += float64(s) * float64(s)
	}
	if power == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / float64(len(samples)) / power
}

// format is what a WAV file says of itself.
type format struct{ rate, channels, bits int }

// writeWAV makes a test file.
func writeWAV(t *testing.T, f format, samples []int16) string {
	t.Helper()
	rate, channels, bits := f.rate, f.channels, f.bits
	b := []byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00\x01\x00")
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(samples)))
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	path := filepath.Join(t.TempDir(), "test.wav")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, src Source, now time.Time) []int16 {
	t.Helper()
	p := make([]int16, Rate)
	n, err := src.Read(now, p)
	if err != nil {
		t.Fatal(err)
	}
	return p[:n]
}

func TestSourcesKeepTime(t *testing.T) {
	src, err := New(Choice{Input: "tone:440"}, nil).OpenSource()
	if err != nil {
		t.Fatal(err)
	}
	t0 := time.Unix(5, 0)
	var all []int16
	for ms := range 996 { // up to just before the 101st period
		all = append(all, read(t, src, t0.Add(time.Duration(ms)*time.Millisecond))...)
	}
	if len(all) != Rate {
		t.Errorf("%d samples in a second", len(all))
	}
	if h := hear(all, 440); h < 0.999 {
		t.Errorf("only %.4f of the power is the tone", h)
	}
	if got := read(t, src, t0.Add(time.Minute)); len(got) != most {
		t.Errorf("after a minute's sleep %d samples come at once", len(got))
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
}

func TestFileSourcePlaysOnceFromTheBeginning(t *testing.T) {
	ramp := make([]int16, 1000)
	for i := range ramp {
		ramp[i] = int16(i + 1)
	}
	s := New(Choice{Input: "file:" + writeWAV(t, format{Rate, 1, 16}, ramp)}, nil)
	for range 2 {
		src, err := s.OpenSource()
		if err != nil {
			t.Fatal(err)
		}
		read(t, src, time.Unix(1, 0))
		got := read(t, src, time.Unix(1, 30e6))
		if len(got) != 1440 || got[0] != 481 || got[519] != 1000 || got[520] != 0 {
			t.Errorf("%d samples, %d…%d, then %d", len(got), got[0], got[519], got[520])
		}
	}
}

func TestWrongFilesAndNamesAreExplained(t *testing.T) {
	text := filepath.Join(t.TempDir(), "x.wav")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"file:" + writeWAV(t, format{8000, 1, 16}, nil): "convert it to 48000 Hz, mono, 16-bit",
		"file:" + writeWAV(t, format{Rate, 2, 16}, nil): "has 48000 Hz, 2 channels, 16 bits",
		"file:" + text:             "is not a WAV file",
		"file:/nowhere/at/all.wav": "no such file",
		"tone:loud":                "frequency between",
		"tone:-4":                  "frequency between",
		"null":                     "use silence",
	} {
		if _, err := New(Choice{Input: name}, nil).OpenSource(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for name, want := range map[string]string{
		"file:": "needs a path", "file:/nowhere/at/all.wav": "no such file", "tone:440": "is not a speaker",
	} {
		if _, err := New(Choice{Output: name}, nil).OpenSink(Speech); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func write(t *testing.T, sink Sink, now time.Time, value int16) {
	t.Helper()
	n, err := sink.Space(now)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]int16, n)
	for i := range p {
		p[i] = value
	}
	if k, err := sink.Write(p); k != n || err != nil {
		t.Fatalf("wrote %d of %d: %v", k, n, err)
	}
}

func TestRecordingGoesOnAndIsAlwaysReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "heard.wav")
	if err := os.WriteFile(path, []byte("an older recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(Choice{Output: "file:" + path, Ring: "file:" + path}, nil)
	want := []int16{}
	for call := range int16(3) {
		sink, err := s.OpenSink(Speech)
		if err != nil {
			t.Fatal(err)
		}
		ring, err := s.OpenSink(Ring)
		if err != nil {
			t.Fatal(err)
		}
		for ms := 0; ms < 400; ms += 10 {
			now := time.Unix(int64(call)*100, int64(ms)*1e6)
			write(t, sink, now, call+1)
			write(t, ring, now, 99)
			want = append(want, call+1)
		}
		if got, err := ReadWAV(path); err != nil || len(got) == 0 {
			t.Errorf("while it is written: %d samples, %v", len(got), err)
		}
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	}
	got, err := ReadWAV(path)
	if err != nil || len(got) != len(want)*Period {
		t.Fatalf("%d samples, want %d: %v", len(got), len(want)*Period, err)
	}
	for i, w := range want {
		if got[i*Period] != w || got[i*Period+Period-1] != w {
			t.Fatalf("period %d holds %d, want %d", i, got[i*Period], w)
		}
	}
	other, err := ReadWAV(strings.TrimSuffix(path, ".wav") + "-2.wav")
	if err != nil || len(other) != len(want)*Period || other[0] != 99 {
		t.Errorf("the second sink at the same time: %d samples, %v", len(other), err)
	}
}

func TestChooseTellsItsReaders(t *testing.T) {
	s := New(Choice{}, nil)
	before := s.Generation()
	s.Choose(Choice{Output: "null"})
	if s.Generation() == before || s.Chosen().Output != "null" {
		t.Error("a new choice went unnoticed")
	}
	if sink, err := s.OpenSink(Speech); err != nil || sink.Close() != nil {
		t.Errorf("null: %v", err)
	}
}

func TestRingBetweenThreads(t *testing.T) {
	var r ring
	const total = 300000
	var wg sync.WaitGroup
	wg.Go(func() {
		p := make([]int16, 333)
		for sent := 0; sent < total; {
			for i := range p {
				p[i] = int16(sent + i)
			}
			sent += r.put(p[:min(len(p), total-sent)])
		}
	})
	p := make([]int16, 480)
	for got := 0; got < total; {
		n := r.take(p)
		for i, s := range p[:n] {
			if s != int16(got+i) {
				t.Fatalf("sample %d is %d", got+i, s)
			}
		}
		got += n
	}
	wg.Wait()
	r.put(p)
	r.drop(100)
	if r.fill() != 100 {
		t.Errorf("%d samples left, want 100", r.fill())
	}
}

func TestCallbackAllocatesNothing(t *testing.T) {
	s := &stream{heart: newHeart(asleep)}
	b := make([]byte, 2*Period)
	if n := testing.AllocsPerRun(1000, func() {
		s.record(nil, b, Period)
		s.play(b, nil, Period)
	}); n != 0 {
		t.Errorf("%v allocations per callback", n)
	}
}

func TestWatchdog(t *testing.T) {
	s := &stream{heart: newHeart(asleep)}
	s.last.Store(int64(10 * time.Second))
	at := func(d time.Duration) error { return s.alive(s.base.Add(d)) }
	if err := at(10*time.Second + silentGap); err != nil {
		t.Errorf("too early: %v", err)
	}
	if err := at(10*time.Second + silentGap + time.Millisecond); err != ErrDead {
		t.Errorf("a silent device: %v", err)
	}
	if _, err := (capture{s}).Read(s.base.Add(time.Minute), make([]int16, 1)); err != ErrDead {
		t.Errorf("Read of a dead device: %v", err)
	}
	if _, err := (&playback{stream: s}).Space(s.base.Add(time.Minute)); err != ErrDead {
		t.Errorf("Space of a dead device: %v", err)
	}
}

func FuzzWAV(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\x04\x00\x00\x00\x01\x00\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseWAV(bytes.NewReader(b)); err == nil && len(s)*2 > len(b) {
			t.Errorf("%d samples out of %d octets", len(s), len(b))
		}
	})
}

func TestChoiceCheck(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "speech.wav")
	sink, err := New(Choice{Output: "file:" + good}, nil).OpenSink(Speech)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil { // a recording of nothing
		t.Fatal(err)
	}
	for _, c := range []struct {
		choice Choice
		wrong  string // a part of the sentence; "" for none
	}{
		{Choice{}, ""},
		{Choice{Input: "Headset of somebody", Output: "null", Ring: "null"}, ""},
		{Choice{Input: "file:" + good, Output: "file:" + filepath.Join(dir, "heard.wav"), Ring: "default"}, ""},
		{Choice{Input: "file:" + dir + "/none.wav"}, "the microphone file:"},
		{Choice{Input: "file:audio.go"}, "audio.go"},
		{Choice{Input: "tone:loud"}, "tone:440"},
		{Choice{Input: "null"}, "use silence"},
		{Choice{Output: "tone:440"}, "the speaker tone:440"},
		{Choice{Output: "file:"}, "needs a path"},
		{Choice{Output: "file:" + dir}, "name a file in it"},
		{Choice{Ring: "file:" + dir + "/none/heard.wav"}, "the ring device"},
	} {
		err := c.choice.Check()
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%+v: %v, want %q", c.choice, err, c.wrong)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("looking made files: %v", left)
	}
}
