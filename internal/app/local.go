package app

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"sidetone/internal/call"
)

// localAddr knows the address of this machine that the phone server can reach, for session descriptions. A laptop changes
// networks: the system is asked anew for every call.
type localAddr struct {
	name   atomic.Pointer[string] // host and port of the server, as in the settings
	server atomic.Pointer[string] // the same with the name resolved, once it is
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

func newLocalAddr() *localAddr { return &localAddr{dial: new(net.Dialer).DialContext} }

// get returns the address at once; the zero value if none is known yet.
func (l *localAddr) get() netip.Addr {
	server := l.server.Load()
	if server == nil {
		l.resolve()
		return netip.Addr{}
	}
	own, _ := l.route(context.Background(), *server)
	return own
}

// follow finds the address for the first account's server.
func (l *localAddr) follow(accounts []call.Account) {
	if len(accounts) == 0 {
		return
	}
	_, host, port, err := accounts[0].AOR()
	if err != nil {
		return
	}
	name := net.JoinHostPort(host, strconv.Itoa(port))
	l.name.Store(&name)
	l.server.Store(nil)
	l.resolve()
}

// resolve looks the name up in a goroutine that ends within five seconds.
func (l *localAddr) resolve() {
	name := l.name.Load()
	if name == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if _, server := l.route(ctx, *name); server != "" && l.name.Load() == name {
			l.server.Store(&server)
		}
	}()
}

// route returns our address on the way to the server, and the server's. Connecting a UDP socket sends nothing: it only
// asks the system for the route.
func (l *localAddr) route(ctx context.Context, server string) (own netip.Addr, resolved string) {
	conn, err := l.dial(ctx, "udp", server)
	if err != nil {
		return netip.Addr{}, ""
	}
	defer conn.Close()
	if u, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		own = u.AddrPort().Addr().Unmap()
	}
	return own, conn.RemoteAddr().String()
}
