package widgetbridge

import (
	"context"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
)

// knock asks the port for anything and returns how many bytes it said.
func knock(t *testing.T, port int) int {
	t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(c, "GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: https://evil.example.com\r\n\r\n", port) // it may be closed already
	said, _ := io.ReadAll(io.LimitReader(c, 1000))
	return len(said)
}

// TestNobodyIsHeardUntilSomebodyIsExpected: before the first pairing the port answers only while the agent lets a browser ask.
func TestNobodyIsHeardUntilSomebodyIsExpected(t *testing.T) {
	own, key := keys(t)
	book, err := pairing.OpenBook("", key)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk()
	h := runningWith(t, d, Config{Keep: func(context.Context) (Keeping, error) { return Keeping{own, book}, nil }})
	port, err := h.bridge.Port(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if knock(t, port) == 0 {
		t.Error("a new phone lets nobody ask")
	}
	armed := func(on bool) {
		tell := h.bridge.Cancel
		if on {
			tell = h.bridge.Arm
		}
		if err := tell(t.Context()); err != nil {
			t.Fatal(err)
		}
		await(t, d, func(b phone.Bridge) bool { return b.Pairing.Armed == on })
	}
	armed(false)
	if n := knock(t, port); n > 0 {
		t.Errorf("nobody is expected, and a stranger hears %d bytes", n)
	}
	armed(true)
	if knock(t, port) == 0 {
		t.Error("the agent lets a browser ask, and it hears nothing")
	}
}

// TestTheGateHoldsSoMany: connections beyond the bound are closed unread, and who goes makes room.
func TestTheGateHoldsSoMany(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var g gate
	g.open.Store(true)
	in := make(chan net.Conn, 2*mostInside)
	go func() {
		defer close(in)
		for {
			c, err := gated{listener, &g}.Accept()
			if err != nil {
				return
			}
			in <- c
		}
	}()
	var all []net.Conn
	knock := func() net.Conn {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
		return c
	}
	defer func() {
		listener.Close()
		for c := range in {
			c.Close()
		}
		for _, c := range all {
			c.Close()
		}
	}()
	enters := func() net.Conn {
		knock()
		select {
		case c := <-in:
			all = append(all, c)
			return c
		case <-time.After(20 * time.Second):
			t.Fatal("nobody is let in")
			return nil
		}
	}
	first := enters()
	for range mostInside - 1 {
		enters()
	}
	late := knock()
	if err := late.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := late.Read(make([]byte, 1)); err != io.EOF || len(in) > 0 {
		t.Fatalf("one too many is let in: %d bytes, %v", n, err)
	}
	first.Close()
	first.Close() // twice is once
	enters()
	if n := g.inside.Load(); n != mostInside {
		t.Errorf("%d are counted, of %d", n, mostInside)
	}
}
