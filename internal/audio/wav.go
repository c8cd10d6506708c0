package audio

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// maxFile bounds what a source reads into memory: an hour of sound.
const maxFile = 3600 * Rate * 2

// ReadWAV reads a WAV file of 48 kHz, mono, 16 bits. The error says what is wrong and what to do.
func ReadWAV(path string) ([]int16, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1<<16))
	if err != nil {
		return nil, err
	}
	samples, err := parseWAV(b)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return samples, nil
}

func parseWAV(b []byte) ([]int16, error) {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return nil, errors.New("is not a WAV file: convert it to WAV, 48 kHz, mono, 16 bits")
	}
	formatSeen := false
	for b = b[12:]; len(b) >= 8; {
		name, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:8]))
		b = b[8:]
		body := b[:min(size, len(b))]
		switch name {
		case "fmt ":
			if err := checkFormat(body); err != nil {
				return nil, err
			}
			formatSeen = true
		case "data":
			if !formatSeen {
				return nil, errors.New("is damaged: its sound comes before its format; convert it again")
			}
			samples := make([]int16, len(body)/2)
			for i := range samples {
				samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return samples, nil
		}
		b = b[min(size+size&1, len(b)):]
	}
	return nil, errors.New("holds no sound: convert it again to WAV, 48 kHz, mono, 16 bits")
}

func checkFormat(b []byte) error {
	if len(b) < 16 {
		return errors.New("is damaged: its format is cut off; convert it again")
	}
	coding, channels := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
	rate, width := binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	if coding == 0xfffe && len(b) >= 26 {
		coding = binary.LittleEndian.Uint16(b[24:]) // WAVE_FORMAT_EXTENSIBLE
	}
	if coding != 1 || channels != 1 || rate != Rate || width != 16 {
		return fmt.Errorf("has %d Hz, %d channels, %d bits, coding %d: convert it to 48000 Hz, mono, 16-bit PCM (coding 1)",
			rate, channels, width, coding)
	}
	return nil
}

// fileSource plays a file once in real time.
type fileSource struct {
	clock   pace
	samples []int16
}

func openFileSource(path string) (Source, error) {
	samples, err := ReadWAV(path)
	if err != nil {
		return nil, err
	}
	return &fileSource{samples: samples}, nil
}

// Read implements Source.
func (f *fileSource) Read(now time.Time, p []int16) (int, error) {
	n := min(len(p), f.clock.due(now))
	f.clock.gave(n)
	k := copy(p[:n], f.samples)
	f.samples = f.samples[k:]
	clear(p[k:n])
	return n, nil
}

// Close implements Source.
func (f *fileSource) Close() error { return nil }

// recording is a file sinks write into, one after another.
type recording struct {
	path   string
	length int64 // octets of sound
	open   bool
}

// fileSink records in real time.
type fileSink struct {
	clock  pace
	owner  *System
	rec    *recording
	file   *os.File
	buf    []byte
	unsaid int // samples written since the header was right
}

// headerSize is the length of the WAV header written here.
const headerSize = 44

// openFileSink opens a recording: anew for its first sink, else to continue. While one sink has it, the next gets another.
func (s *System) openFileSink(path string) (Sink, error) {
	if path == "" {
		return nil, errNoPath
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := path
	for n := 2; s.files[name] != nil && s.files[name].open; n++ {
		ext := filepath.Ext(path)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
	}
	rec := s.files[name]
	flags := os.O_RDWR | os.O_CREATE
	if rec == nil {
		rec = &recording{path: name}
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, err
	}
	sink := &fileSink{owner: s, rec: rec, file: f}
	if err := sink.header(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	rec.open = true
	s.files[name] = rec
	return sink, nil
}

// header writes the sizes as they are now, so that the file can be read at any time.
func (f *fileSink) header() error {
	var h [headerSize]byte
	copy(h[:], "RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	binary.LittleEndian.PutUint32(h[4:], uint32(headerSize-8+f.rec.length))
	binary.LittleEndian.PutUint32(h[24:], Rate)
	binary.LittleEndian.PutUint32(h[28:], Rate*2)
	copy(h[32:], "\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(h[40:], uint32(f.rec.length))
	f.unsaid = 0
	_, err := f.file.WriteAt(h[:], 0)
	return err
}

// Space implements Sink.
func (f *fileSink) Space(now time.Time) (int, error) { return f.clock.due(now), nil }

// Write implements Sink. The file is behind by up to a tenth of a second: to write each period would cost more than its sound.
func (f *fileSink) Write(p []int16) (int, error) {
	for _, s := range p {
		f.buf = binary.LittleEndian.AppendUint16(f.buf, uint16(s))
	}
	f.clock.gave(len(p))
	f.unsaid += len(p)
	if len(f.buf) < Rate/10*2 {
		return len(p), nil
	}
	if err := f.flush(); err != nil {
		return 0, err
	}
	if f.unsaid >= Rate/4 {
		return len(p), f.header()
	}
	return len(p), nil
}

// flush writes what has gathered.
func (f *fileSink) flush() error {
	if _, err := f.file.WriteAt(f.buf, headerSize+f.rec.length); err != nil {
		return fmt.Errorf("the recording cannot go on: %w", err)
	}
	f.rec.length += int64(len(f.buf))
	f.buf = f.buf[:0]
	return nil
}

// Close implements Sink.
func (f *fileSink) Close() error {
	err := errors.Join(f.flush(), f.header(), f.file.Close())
	f.owner.mu.Lock()
	f.rec.open = false
	f.owner.mu.Unlock()
	return err
}
