package codec

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// sounds are what the codec is tried with, at 16 kHz: tones of both halves that swell, noise, the loudest there is, silence.
func sounds() map[string][]int16 {
	rng := rand.New(rand.NewPCG(722, 1))
	out := map[string][]int16{"tones": nil, "noise": nil, "loudest": nil, "silence": make([]int16, 16000)}
	for i := range 48000 {
		x := float64(i) / 16000
		swell := 0.5 + 0.5*math.Sin(2*math.Pi*3*x)
		tones := 0.5*math.Sin(2*math.Pi*220*x) + 0.3*math.Sin(2*math.Pi*1370*x) + 0.2*math.Sin(2*math.Pi*5300*x)
		out["tones"] = append(out["tones"], int16(20000*swell*tones))
		out["noise"] = append(out["noise"], int16(rng.IntN(65536)-32768))
		out["loudest"] = append(out["loudest"], int16(32767-65535*(i/29%2)))
	}
	return out
}

// TestG722IsExact: octet for octet and sample for sample as ffmpeg has it.
func TestG722IsExact(t *testing.T) {
	for name, pcm := range sounds() {
		t.Run(name, func(t *testing.T) {
			raw := le(pcm)
			ours := newG722().Encode(nil, pcm)
			if theirs := ffmpeg(t, raw, []string{"-f", "s16le", "-ar", "16000", "-ac", "1"}, "g722"); !bytes.Equal(ours, theirs) {
				t.Errorf("coded otherwise from octet %d on", differ(ours, theirs))
			}
			back := le(newG722().Decode(nil, ours))
			if theirs := ffmpeg(t, ours, []string{"-f", "g722"}, "s16le"); !bytes.Equal(back, theirs) {
				t.Errorf("decoded otherwise from octet %d on", differ(back, theirs))
			}
		})
	}
}

func le(pcm []int16) []byte {
	out := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		out = binary.LittleEndian.AppendUint16(out, uint16(s))
	}
	return out
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// ffmpeg turns bytes of one format into another.
func ffmpeg(t *testing.T, in []byte, as []string, to string) []byte {
	t.Helper()
	dir := t.TempDir()
	from, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(from, in, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{"-v", "error"}, as...), "-i", from, "-f", to, out)
	if text, err := exec.Command("ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v %s", err, text)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// FuzzG722 decodes strangers' octets: nothing may overflow.
func FuzzG722(f *testing.F) {
	f.Add([]byte{0, 255, 63, 192})
	f.Fuzz(func(t *testing.T, payload []byte) {
		g := newG722()
		if got := len(g.Decode(nil, payload)); got != 2*g.Units(payload) {
			t.Errorf("%d samples of %d octets", got, len(payload))
		}
	})
}

func BenchmarkG722(b *testing.B) {
	g, pcm := newG722(), sounds()["tones"][:320]
	payload, out := make([]byte, 0, 160), make([]int16, 0, 320)
	b.ReportAllocs()
	for b.Loop() {
		payload = g.Encode(payload[:0], pcm)
		out = g.Decode(out[:0], payload)
	}
}
