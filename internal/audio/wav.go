package audio

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ReadWAV reads a WAV file of 48 kHz, mono, 16 bits. The error says what is wrong and what to do.
func ReadWAV(path string) ([]int16, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // nothing was written
	samples, err := parseWAV(bufio.NewReader(f))
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return samples, nil
}

// maxFile bounds what is read into memory: an hour of sound.
const maxFile = 3600 * Rate * 2

func parseWAV(r io.Reader) ([]int16, error) {
	sound, err := findSound(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(sound, maxFile))
	if err != nil {
		return nil, err
	}
	samples := make([]int16, len(body)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return samples, nil
}

// findSound reads up to the samples and returns what follows of them.
func findSound(r io.Reader) (io.Reader, error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, errors.New("is not a WAV file: convert it to WAV, 48 kHz, mono, 16 bits")
	}
	formatSeen := false
	for {
		if _, err := io.ReadFull(r, head[:8]); err != nil {
			return nil, errors.New("holds no sound: convert it again to WAV, 48 kHz, mono, 16 bits")
		}
		size := int64(binary.LittleEndian.Uint32(head[4:8]))
		body := io.LimitReader(r, size)
		switch string(head[:4]) {
		case "fmt ":
			format, err := io.ReadAll(io.LimitReader(body, 40))
			if err != nil {
				return nil, err
			}
			if err := checkFormat(format); err != nil {
				return nil, err
			}
			formatSeen = true
		case "data":
			if !formatSeen {
				return nil, errors.New("is damaged: its sound comes before its format; convert it again")
			}
			return body, nil
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return nil, err
		}
		if size%2 == 1 { // chunks are padded; the end of the file is noticed above
			_, _ = io.ReadFull(r, head[:1])
		}
	}
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

// fileSource plays a file once in real time, a piece at a time.
type fileSource struct {
	unhurried
	clock pace
	file  *os.File
	sound io.Reader
	raw   []byte
	over  bool // all of it has been given
}

// ahead is how much of a file is read at once: a third of a second.
const ahead = 32 << 10

func openFileSource(path string) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	sound, err := findSound(bufio.NewReaderSize(f, ahead))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s %w", path, err), f.Close())
	}
	return &fileSource{file: f, sound: sound}, nil
}

// Read implements Source. What the file does not have is silence.
func (f *fileSource) Read(now time.Time, p []int16) (int, error) {
	n := min(len(p), f.clock.due(now))
	f.clock.gave(n)
	f.raw = slices.Grow(f.raw[:0], 2*n)[:2*n]
	have, err := io.ReadFull(f.sound, f.raw)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, fmt.Errorf("the file cannot be read on: %w", err)
	}
	f.over = f.over || err != nil
	clear(f.raw[have&^1:]) // half a sample is none
	for i := range p[:n] {
		p[i] = int16(binary.LittleEndian.Uint16(f.raw[2*i:]))
	}
	return n, nil
}

// Close implements Source.
func (f *fileSource) Close() error { return f.file.Close() }

// recording is a file sinks write into, one after another.
type recording struct {
	path   string
	length int64 // octets of sound
	open   bool
}

// fileSink records in real time.
type fileSink struct {
	unhurried
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
