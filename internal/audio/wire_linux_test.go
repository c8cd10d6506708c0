package audio

import (
	"bytes"
	"errors"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// pipe are two ends of a connection over a socket of the system's.
func pipe(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("unix", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// TestWire: what is written arrives, also more of it than the system takes at once, while something comes the other way.
func TestWire(t *testing.T) {
	a, b := pipe(t)
	s := newWire(a)
	if _, ok := s.(*wire); !ok {
		t.Fatalf("%T", s)
	}
	much := bytes.Repeat([]byte("sound"), 1<<20)
	done := make(chan error, 1)
	go func() {
		n, err := s.Write(much)
		if n != len(much) {
			err = errors.Join(err, io.ErrShortWrite)
		}
		done <- err
	}()
	go func() { _, _ = b.Write([]byte("back")) }() // the reader notices
	var word [4]byte
	if _, err := io.ReadFull(s, word[:]); err != nil || string(word[:]) != "back" {
		t.Errorf("%q, %v", word, err)
	}
	got := make([]byte, len(much))
	if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, much) {
		t.Errorf("not what was written: %v", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n, err := s.Read(nil); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// TestWireEnds: at the far end's close, and at ours.
func TestWireEnds(t *testing.T) {
	a, b := pipe(t)
	s := newWire(a)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("%v", err)
	}
	if _, err := s.Write([]byte("x")); err == nil {
		t.Error("written to nobody")
	}
	a, _ = pipe(t)
	s = newWire(a)
	time.AfterFunc(20*time.Millisecond, func() { a.Close() })
	if _, err := s.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, err := s.Write([]byte("x")); err == nil {
		t.Error("written to what is closed")
	}
}

func TestWireAllocatesNothing(t *testing.T) {
	a, b := pipe(t)
	s, word := newWire(a), make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := b.Write(word); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(word); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(word); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Read(word); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
