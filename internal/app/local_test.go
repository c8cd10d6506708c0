package app

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"sidetone/internal/call"
)

// path is a connected UDP socket.
type path struct {
	net.Conn
	own netip.AddrPort
}

func (p path) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(p.own) }
func (p path) RemoteAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("203.0.113.5:5060"))
}
func (path) Close() error { return nil }

// TestAddressFollowsTheNetwork: the program starts without a network, and later moves from one to another.
func TestAddressFollowsTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var own atomic.Pointer[netip.AddrPort]
		move := func(to string) { a := netip.MustParseAddrPort(to); own.Store(&a) }
		l := newLocalAddr()
		l.dial = func(context.Context, string, string) (net.Conn, error) {
			if a := own.Load(); a != nil {
				return path{own: *a}, nil
			}
			return nil, errors.New("the network is unreachable")
		}
		l.follow([]call.Account{{ID: "main", Address: "sip:1001@pbx.example.com"}})
		synctest.Wait()
		if a := l.get(); a.IsValid() {
			t.Fatal(a)
		}
		synctest.Wait()
		move("192.0.2.10:40000")
		l.get()
		synctest.Wait()
		for _, at := range []string{"192.0.2.10", "198.51.100.7"} {
			move(at + ":40000")
			if a := l.get(); a.String() != at {
				t.Errorf("this machine is at %s, the phone says %v", at, a)
			}
		}
	})
}
