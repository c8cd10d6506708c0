package flow

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMessagesBothWays(t *testing.T) {
	target := serve(t, listen(t), func(c net.Conn) { io.Copy(c, c) })
	c, err := Dial(soon(t), target, Way{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Remote != target.Addrs[0] || !c.Local.IsValid() {
		t.Errorf("from %s to %s", c.Local, c.Remote)
	}
	for range 3 {
		if err := c.Send([]byte(hello)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if b, err := c.Next(); string(b) != hello || err != nil {
			t.Fatalf("%q, %v", b, err)
		}
	}
	c.Close()
	if _, err := c.Next(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := c.Send([]byte(hello)); err == nil {
		t.Error("a flow that has ended took a message")
	}
}

// TestFailover: an address that refuses costs nothing.
func TestFailover(t *testing.T) {
	shut := listen(t)
	dead := netip.MustParseAddrPort(shut.Addr().String())
	shut.Close()
	target := serve(t, listen(t), func(c net.Conn) { io.Copy(c, c) })
	good := target.Addrs[0]
	target.Addrs = []netip.AddrPort{dead, good}
	c, err := Dial(soon(t), target, Way{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Remote != good {
		t.Errorf("to %s", c.Remote)
	}
	target.Addrs = []netip.AddrPort{dead}
	if _, err := Dial(soon(t), target, Way{}); err == nil {
		t.Error("a flow to nobody")
	}
}

// named is a connection that tells which address it is to, and whether it was closed.
type named struct {
	net.Conn
	to     netip.AddrPort
	closed *atomic.Int32
}

func (n named) Close() error { n.closed.Add(1); return nil }

func TestRace(t *testing.T) {
	addr := func(i byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, i}), 5060) }
	for _, c := range []struct {
		about string
		after []time.Duration // until each address answers; negative: refuses after so long
		won   byte
		took  time.Duration
		lost  int // connections that came too late, and were closed
	}{
		{"the first is quick", []time.Duration{10 * time.Millisecond, time.Millisecond}, 0, 10 * time.Millisecond, 0},
		{"the first is slow", []time.Duration{time.Second, 20 * time.Millisecond}, 1, 270 * time.Millisecond, 1},
		{"the first refuses", []time.Duration{-30 * time.Millisecond, 20 * time.Millisecond}, 1, 50 * time.Millisecond, 0},
		{"all but the last refuse", []time.Duration{-10 * time.Millisecond, -10 * time.Millisecond, time.Millisecond}, 2, 21 * time.Millisecond, 0},
		{"all refuse", []time.Duration{-10 * time.Millisecond, -500 * time.Millisecond}, 99, 510 * time.Millisecond, 0},
		{"two answer at once", []time.Duration{300 * time.Millisecond, 51 * time.Millisecond}, 0, 300 * time.Millisecond, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			var addrs []netip.AddrPort
			for i := range c.after {
				addrs = append(addrs, addr(byte(i)))
			}
			began, closed := time.Now(), new(atomic.Int32)
			conn, err := race(t.Context(), addrs, func(_ context.Context, a netip.AddrPort) (net.Conn, error) {
				wait := c.after[a.Addr().As4()[3]]
				time.Sleep(max(wait, -wait))
				if wait < 0 {
					return nil, errors.New("refused")
				}
				return named{to: a, closed: closed}, nil
			})
			took := time.Since(began)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if c.won == 99 {
				if err == nil || took != c.took {
					t.Errorf("%s: %v after %s", c.about, err, took)
				}
				return
			}
			if err != nil || conn.(named).to != addr(c.won) || took != c.took || int(closed.Load()) != c.lost {
				t.Errorf("%s: %v, %v after %s, %d closed", c.about, conn, err, took, closed.Load())
			}
		})
	}
}

// far is the server's end of a pipe: it answers pings until told to stop.
func far(conn net.Conn, answers *atomic.Bool) {
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := r.ReadString('\n'); err != nil || line != "\r\n" {
			return
		}
		if answers.Load() {
			conn.Write([]byte("\r\n"))
		}
	}
}

func TestSignsOfLife(t *testing.T) {
	for _, c := range []struct {
		about   string
		answers bool // pings, at first
		told    bool // that it answers them
		until   time.Duration
		dies    bool
	}{
		{"a server that never answers is not dead for that", false, false, 10 * time.Minute, false},
		{"one that said it would, and does not", false, true, 40 * time.Second, true},
		{"one that answers lives", true, true, 10 * time.Minute, false},
		{"one that has answered, and stops", true, false, 40 * time.Second, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			near, server := net.Pipe()
			var answers atomic.Bool
			answers.Store(c.answers)
			go far(server, &answers)
			conn := newConn(nil, newStream(near))
			if c.told {
				conn.Answers()
			}
			ended := make(chan error, 1)
			go func() { _, err := conn.Next(); ended <- err }()
			if c.answers && c.dies {
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				answers.Store(false)
			}
			began := time.Now()
			select {
			case err := <-ended:
				if !c.dies || !errors.Is(err, ErrSilent) || time.Since(began) > pingEvery+pongWithin {
					t.Errorf("%s: ended after %s: %v", c.about, time.Since(began), err)
				}
			case <-time.After(c.until):
				if c.dies {
					t.Errorf("%s: it lives", c.about)
				}
				conn.Close()
				<-ended
			}
			server.Close()
		})
	}
}

// TestCheck: who wants to know now does not wait for the next ping.
func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, server := net.Pipe()
		defer server.Close()
		go io.Copy(io.Discard, server)
		conn := newConn(nil, newStream(near))
		conn.Answers()
		go conn.Next()
		time.Sleep(time.Second)
		conn.Check()
		began := time.Now()
		<-conn.Done()
		if took := time.Since(began); took != pongWithin || !errors.Is(conn.cause, ErrSilent) {
			t.Errorf("after %s: %v", took, conn.cause)
		}
	})
}

// TestMessagesAreSignsOfLife: where messages come, nothing is asked.
func TestMessagesAreSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, server := net.Pipe()
		defer server.Close()
		var pings atomic.Int32
		go func() {
			b := make([]byte, 100)
			for {
				if _, err := server.Read(b); err != nil {
					return
				}
				pings.Add(1)
			}
		}()
		conn := newConn(nil, newStream(near))
		conn.Answers()
		go func() {
			for {
				if _, err := conn.Next(); err != nil {
					return
				}
			}
		}()
		for range 60 {
			time.Sleep(10 * time.Second)
			if _, err := server.Write([]byte(hello)); err != nil {
				t.Fatal(err)
			}
		}
		if n := pings.Load(); n > 0 {
			t.Errorf("%d pings", n)
		}
		conn.Close()
	})
}

func TestPeerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, server := net.Pipe()
		conn := newConn(nil, newStream(near))
		refused := 0
		for range 300 {
			if conn.Send([]byte(hello)) != nil {
				refused++
			}
		}
		<-conn.Done()
		if refused == 0 || !errors.Is(conn.cause, ErrCongested) {
			t.Errorf("%d refused: %v", refused, conn.cause)
		}
		server.Close()
	})
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 9000)
	for _, c := range []struct {
		about, in string
		want      []string
		err       error
	}{
		{"two messages", hello + hello, []string{hello, hello}, io.EOF},
		{"line ends between them are signs of life", "\r\n\r\n" + hello + "\r\n", []string{"", "", hello, ""}, io.EOF},
		{"the compact form, and bare line feeds", "A b SIP/2.0\nl : 3\n\nabc", []string{"A b SIP/2.0\r\nl : 3\r\n\r\nabc"}, io.EOF},
		{"no length: none", "A b SIP/2.0\r\n\r\n" + hello, []string{"A b SIP/2.0\r\n\r\n", hello}, io.EOF},
		{"a negative length", "A b SIP/2.0\r\nContent-Length: -1\r\n\r\n", nil, ErrFraming},
		{"a length that is none", "A b SIP/2.0\r\nContent-Length: 2x\r\n\r\n", nil, ErrFraming},
		{"a length beyond all bounds", "A b SIP/2.0\r\nContent-Length: 65001\r\n\r\n", nil, ErrFraming},
		{"a line without an end", long, nil, ErrFraming},
		{"headers without an end", strings.Repeat("X: "+long[:7000]+"\r\n", 10), nil, ErrFraming},
		{"cut in the body", hello[:len(hello)-1], nil, io.ErrUnexpectedEOF},
	} {
		r := bufio.NewReaderSize(strings.NewReader(c.in), 8192)
		var got []string
		var err error
		for {
			var b []byte
			if b, err = nextFrame(r); err != nil {
				break
			}
			got = append(got, string(b))
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", c.about, got, err)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(hello + "\r\n\r\n" + hello))
	f.Add([]byte("A b SIP/2.0\nl : 3\n\nabc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(b), 8192)
		total := 0
		for {
			m, err := nextFrame(r)
			if err != nil {
				break
			}
			if len(m) > 2*MaxMessage+10 {
				t.Fatalf("a message of %d bytes", len(m))
			}
			if total++; total > len(b) {
				t.Fatal("more messages than bytes")
			}
		}
	})
}
