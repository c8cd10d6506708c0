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

// localAddr knows the address of this machine that the phone server can reach, for session descriptions.
type localAddr struct{ addr atomic.Pointer[netip.Addr] }

func newLocalAddr() *localAddr { return &localAddr{} }

// get returns the address at once; the zero value if none is known yet.
func (l *localAddr) get() netip.Addr {
	if a := l.addr.Load(); a != nil {
		return *a
	}
	return netip.Addr{}
}

// follow finds the address for the first account's server in a goroutine that ends within five seconds.
func (l *localAddr) follow(accounts []call.Account) {
	if len(accounts) == 0 {
		return
	}
	_, host, port, err := accounts[0].AOR()
	if err != nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		// Connecting a UDP socket sends nothing: it only asks the system for the route.
		conn, err := new(net.Dialer).DialContext(ctx, "udp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return
		}
		defer conn.Close()
		if u, ok := conn.LocalAddr().(*net.UDPAddr); ok {
			a := u.AddrPort().Addr().Unmap()
			l.addr.Store(&a)
		}
	}()
}
