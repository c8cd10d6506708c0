package voicebench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// script has the module score what was heard against what was said, narrow-band.
const script = `
import sys, wave, array
sys.path.insert(0, sys.argv[1])
from pesq import pesq
import numpy
def load(p):
    w = wave.open(p); return numpy.frombuffer(w.readframes(w.getnframes()), '<i2') / 32768.0
print(pesq(8000, load(sys.argv[2]), load(sys.argv[3]), 'nb'))
`

// pesq is the score of ITU-T P.862.1, by the Python module in the folder that PESQ_PATH names.
func pesq(ctx context.Context, folder, scratch string, said, heard []int16) (float64, error) {
	var args []string
	for name, pcm := range map[string][]int16{"said": said, "heard": heard} {
		if err := os.WriteFile(filepath.Join(scratch, name+".wav"), wav(pcm), 0o600); err != nil {
			return 0, err
		}
	}
	args = append(args, "-c", script, folder, filepath.Join(scratch, "said.wav"), filepath.Join(scratch, "heard.wav"))
	var wrong bytes.Buffer
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", args...)
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("the module pesq in PESQ_PATH does not work: %w: %s", err, wrong.String())
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// wav is a file of 16-bit mono sound at 8 kHz.
func wav(pcm []int16) []byte {
	b := []byte("RIFF....WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 2*rate)
	b = append(b, "\x02\x00\x10\x00data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(pcm)))
	binary.LittleEndian.PutUint32(b[4:], uint32(36+2*len(pcm)))
	for _, v := range pcm {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}
