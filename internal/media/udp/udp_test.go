package udp

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func listen(t testing.TB, addr string) *Socket {
	t.Helper()
	s, err := Listen(net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestPackets: what one sends the other gets, from where it was sent, between all kinds of sockets, and as the net package sees it.
func TestPackets(t *testing.T) {
	for _, c := range []struct{ a, b, toB string }{
		{"127.0.0.1:0", "127.0.0.2:0", "127.0.0.2"},
		{"127.0.0.1:0", "0.0.0.0:0", "127.0.0.1"},
		{"[::1]:0", "[::1]:0", "::1"},
		{"[::]:0", "[::1]:0", "::1"},
		{"[::]:0", "127.0.0.1:0", "127.0.0.1"}, // both families at once
		{"[::]:0", "127.0.0.1:0", "::ffff:127.0.0.1"},
	} {
		a, b := listen(t, c.a), listen(t, c.b)
		text := "from " + c.a
		if err := a.Send([]byte(text), netip.AddrPortFrom(netip.MustParseAddr(c.toB), b.Addr().Port())); err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		var buf [64]byte
		n, from, err := b.Read(buf[:])
		if err != nil || string(buf[:n]) != text || from.Port() != a.Addr().Port() || !from.Addr().IsLoopback() || from.Addr().Is4In6() {
			t.Errorf("%+v: %q from %v, %v", c, buf[:n], from, err)
		}
		if err := b.Send([]byte("back"), from); err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if n, from, err := a.raw.plain.read(a.conn, buf[:]); err != nil || string(buf[:n]) != "back" || from.Port() != b.Addr().Port() {
			t.Errorf("%+v: %q from %v, %v", c, buf[:n], from, err)
		}
	}
}

func TestSmallRoom(t *testing.T) {
	a, b := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	if err := a.Send([]byte("twelve chars"), b.Addr()); err != nil {
		t.Fatal(err)
	}
	var buf [4]byte
	if n, _, err := b.Read(buf[:]); n != 4 || string(buf[:]) != "twel" || err != nil {
		t.Errorf("%d %q %v", n, buf, err)
	}
	if err := a.Send(nil, b.Addr()); err != nil { // an empty packet is one
		t.Fatal(err)
	}
	if n, from, err := b.Read(buf[:]); n != 0 || from != a.Addr() || err != nil {
		t.Errorf("%d %v %v", n, from, err)
	}
}

// TestNobodyThere: that nobody listens is an error that passes.
func TestNobodyThere(t *testing.T) {
	a, b := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	gone := listen(t, "127.0.0.1:0")
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	a.Send([]byte("x"), gone.Addr()) // whether the next one hears of it is the system's affair
	a.Send([]byte("x"), gone.Addr())
	if err := b.Send([]byte("hello"), a.Addr()); err != nil {
		t.Fatal(err)
	}
	var buf [64]byte
	for range 5 {
		if n, _, err := a.Read(buf[:]); err == nil {
			if string(buf[:n]) != "hello" {
				t.Errorf("%q", buf[:n])
			}
			return
		}
	}
	t.Error("errors without end")
}

// TestOtherFamily: an address that the socket cannot reach is an error, not a packet elsewhere.
func TestOtherFamily(t *testing.T) {
	if err := listen(t, "127.0.0.1:0").Send([]byte("x"), netip.MustParseAddrPort("[::1]:9")); err == nil {
		t.Error("sent")
	}
}

func TestCloseEndsRead(t *testing.T) {
	s := listen(t, "127.0.0.1:0")
	time.AfterFunc(20*time.Millisecond, func() { s.Close() })
	var buf [64]byte
	if _, _, err := s.Read(buf[:]); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
	if err := s.Send([]byte("x"), netip.MustParseAddrPort("127.0.0.1:9")); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("%v", err)
	}
}

func TestPacketsAllocateNothing(t *testing.T) {
	a, b := listen(t, "127.0.0.1:0"), listen(t, "127.0.0.1:0")
	to, packet, buf := b.Addr(), make([]byte, 172), make([]byte, 2048)
	if n := testing.AllocsPerRun(100, func() {
		if err := a.Send(packet, to); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Read(buf); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkPacket is one packet sent and read; net is the net package's way.
func BenchmarkPacket(b *testing.B) {
	for name, way := range map[string]func(*Socket, *Socket, []byte) error{
		"here": func(s, r *Socket, buf []byte) error {
			if err := s.Send(buf[:172], r.Addr()); err != nil {
				return err
			}
			_, _, err := r.Read(buf)
			return err
		},
		"net": func(s, r *Socket, buf []byte) error {
			if err := s.raw.plain.send(s.conn, buf[:172], r.Addr()); err != nil {
				return err
			}
			_, _, err := r.raw.plain.read(r.conn, buf)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			s, r, buf := listen(b, "127.0.0.1:0"), listen(b, "127.0.0.1:0"), make([]byte, 2048)
			b.ReportAllocs()
			for b.Loop() {
				if err := way(s, r, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
