package demo

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"os"
)

// speechFile is what the agent says, 8 kHz mono. Made with: espeak-ng -v en-gb -s 150 -p 60, then sox -r 8000 -b 16 gain -n -6.
//
//go:embed agent.wav
var speechFile []byte

const headerSize = 44

func agentSpeech() []int16 { return samples(speechFile[headerSize:]) }

func samples(b []byte) []int16 {
	out := make([]int16, len(b)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return out
}

// writeWAV writes mono 16-bit sound.
func writeWAV(path string, rate int, pcm []int16) error {
	b := make([]byte, 0, headerSize+2*len(pcm))
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+2*len(pcm)))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(pcm)))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return os.WriteFile(path, b, 0o644)
}

// writeSpeech writes the agent's speech as the app's microphone file: 48 kHz, straight lines between the samples.
func writeSpeech(path string) error {
	in := agentSpeech()
	out := make([]int16, 0, 6*len(in))
	for i := range in {
		next := in[min(i+1, len(in)-1)]
		for k := range 6 {
			out = append(out, in[i]+int16((int(next)-int(in[i]))*k/6))
		}
	}
	return writeWAV(path, 48000, out)
}

// readHeard reads the app's recording and brings it from 48 to 8 kHz by averaging.
func readHeard(path string) ([]int16, error) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) < headerSize {
		return nil, fmt.Errorf("the recording %s cannot be read: %w", path, err)
	}
	in := samples(b[headerSize:])
	out := make([]int16, len(in)/6)
	for i := range out {
		sum := 0
		for k := range 6 {
			sum += int(in[6*i+k])
		}
		out[i] = int16(sum / 6)
	}
	return out, nil
}

// recognised says how much of said is in heard: it cuts said into pieces of 0.4 s, looks for each anywhere in heard, and
// returns how many of the pieces that hold speech were found and how alike they were on average (1: the same wave).
func recognised(said, heard []int16) (found, of int, alike float64) {
	const piece, floor = 3200, 300.0
	voice, in := low(said), low(heard)
	n := piece / fewer
	for at := 0; at+n <= len(voice); at += n {
		p := voice[at : at+n]
		if energy(p) < floor*floor*float64(n) {
			continue
		}
		of++
		if best := bestMatch(p, in); best > 0.8 {
			found++
			alike += best
		}
	}
	if found > 0 {
		alike /= float64(found)
	}
	return found, of, alike
}

// fewer is by how much the rate is lowered before the search: 1 kHz of voice is enough to know it again, and the search is
// sixteen times as quick.
const fewer = 4

func low(in []int16) []float64 {
	out := make([]float64, len(in)/fewer)
	for i := range out {
		for _, v := range in[fewer*i : fewer*i+fewer] {
			out[i] += float64(v) / fewer
		}
	}
	return out
}

func energy(p []float64) float64 {
	var e float64
	for _, v := range p {
		e += v * v
	}
	return e
}

func bestMatch(p, in []float64) float64 {
	if len(in) < len(p) {
		return 0
	}
	best, ep := 0.0, energy(p)
	window := energy(in[:len(p)])
	for at := 0; at+len(p) <= len(in); at++ {
		if at > 0 {
			window += in[at+len(p)-1]*in[at+len(p)-1] - in[at-1]*in[at-1]
		}
		if window < ep/100 {
			continue // silence
		}
		var dot float64
		for i, v := range p {
			dot += v * in[at+i]
		}
		if best = max(best, dot/math.Sqrt(ep*window)); best > 0.98 {
			break // it will not get more certain
		}
	}
	return best
}
