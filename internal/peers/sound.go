package peers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"slices"
	"time"
)

// second waits for whole seconds of new sound until ok likes one, and returns the last. One second of a machine that had no
// time for its sound proves nothing; ten do.
func second(t T, rate int, heard func() []int16, ok func([]int16) bool) (pcm []int16) {
	t.Helper()
	from := len(heard())
	late := time.Now().Add(patience)
	for n := 1; n <= 10; n++ {
		for ; len(pcm) < n*rate; time.Sleep(50 * time.Millisecond) { // a growing file can only be asked
			if pcm = heard()[from:]; time.Now().After(late) {
				t.Fatalf("only %d samples came in", len(pcm))
			}
		}
		if last := pcm[(n-1)*rate : n*rate]; ok(last) {
			t.Logf("in second %d", n)
			return last
		}
	}
	return pcm[9*rate : 10*rate]
}

func listen(t T, who string, rate int, hz float64, heard func() []int16) {
	t.Helper()
	share := func(pcm []int16) float64 { return ToneShare(pcm, rate, hz) }
	got := share(second(t, rate, heard, func(pcm []int16) bool { return share(pcm) >= 0.9 }))
	t.Logf("%s heard %.3f of %v Hz", who, got, hz)
	if got < 0.9 {
		t.Errorf("%s heard %.2f of %v Hz", who, got, hz)
	}
}

// Loudest is the loudest second of pcm, or all of it if it is shorter.
func Loudest(pcm []int16, rate int) []int16 {
	window := min(rate, len(pcm))
	best, bestPower := 0, -1.0
	for at := 0; window > 0 && at+window <= len(pcm); at += max(1, window/4) {
		if p := Power(pcm[at : at+window]); p > bestPower {
			best, bestPower = at, p
		}
	}
	return pcm[best : best+window]
}

// share is how much of the energy of pcm lies at hz, 0–1 (Goertzel).
func share(pcm []int16, rate, hz float64) float64 {
	all := Power(pcm)
	if all <= 0 {
		return 0
	}
	coeff := 2 * math.Cos(2*math.Pi*hz/rate)
	var s1, s2 float64
	for _, v := range pcm {
		s1, s2 = float64(v)+coeff*s1-s2, s1
	}
	return 2 * (s1*s1 + s2*s2 - coeff*s1*s2) / float64(len(pcm)) / all
}

// ToneShare is the share of hz in pcm: the median of its tenths of a second. After a hold, or a packet that came late, a tone goes
// on in another phase; over a whole second the two parts would cancel each other.
func ToneShare(pcm []int16, rate int, hz float64) float64 {
	var shares []float64
	for piece := range slices.Chunk(pcm, rate/10) {
		shares = append(shares, share(piece, float64(rate), hz))
	}
	if len(shares) == 0 {
		return 0
	}
	slices.Sort(shares)
	return shares[len(shares)/2]
}

// Power is the sum of the squares.
func Power(pcm []int16) float64 {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum
}

func quiet(pcm []int16) bool { return Power(pcm)/float64(len(pcm)) < 1 }

// Gap is the longest time without sound in pcm.
func Gap(pcm []int16, rate int) time.Duration {
	piece := rate / 50
	longest, now := 0, 0
	for ; len(pcm) >= piece; pcm = pcm[piece:] {
		if now++; Power(pcm[:piece])/float64(piece) > 1000 {
			now = 0
		}
		longest = max(longest, now)
	}
	return time.Duration(longest) * 20 * time.Millisecond
}

// WAVRate is the sample rate in Hz that a WAV file has, 0 if its header is not written yet.
func WAVRate(t T, path string) int {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	at := bytes.Index(body, []byte("fmt "))
	if at < 0 || len(body) < at+16 {
		return 0
	}
	return int(binary.LittleEndian.Uint32(body[at+12:]))
}

// GrowingWAV reads the sound of a 16-bit mono WAV file that is still written.
func GrowingWAV(t T, path string) []int16 {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	at := bytes.Index(body, []byte("data"))
	if at < 0 || len(body) < at+8 {
		return nil
	}
	body = body[at+8:]
	pcm := make([]int16, len(body)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return pcm
}
