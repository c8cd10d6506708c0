package widgetbridge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// DefaultPorts are the ports the widget's page tries, in this order.
func DefaultPorts() []int { return []int{17931, 17932, 17933} }

// listen takes the first port that is free on 127.0.0.1 and ::1. Both or neither: another program on the other family's
// port could speak to a page in our name. A machine without IPv6 loopback has nobody there, so 127.0.0.1 alone is safe.
func listen(ctx context.Context, ports []int) ([]net.Listener, int, error) {
	var tried []string
	for _, port := range ports {
		ls, err := listenBoth(ctx, port)
		if err == nil {
			return ls, ls[0].Addr().(*net.TCPAddr).Port, nil
		}
		tried = append(tried, strconv.Itoa(port))
	}
	return nil, 0, fmt.Errorf("other programs hold the ports Kustomer's widget uses (%s): clicking numbers is off until one is free",
		strings.Join(tried, ", "))
}

// anyTries is how often a free port is asked for when any will do: one that is free on 127.0.0.1 may be taken on ::1.
const anyTries = 10

func listenBoth(ctx context.Context, port int) (ls []net.Listener, err error) {
	tries := 1
	if port == 0 {
		tries = anyTries
	}
	for range tries {
		if ls, err = pair(ctx, port); err == nil {
			return ls, nil
		}
	}
	return nil, err
}

func pair(ctx context.Context, port int) ([]net.Listener, error) {
	lc := net.ListenConfig{Control: exclusive}
	four, err := lc.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	if !ipv6Loopback(ctx, lc) {
		return []net.Listener{four}, nil
	}
	port = four.Addr().(*net.TCPAddr).Port
	six, err := lc.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	if err != nil {
		return nil, errors.Join(err, four.Close())
	}
	return []net.Listener{four, six}, nil
}

// ipv6Loopback reports whether anybody, and so a stranger too, can listen on ::1.
func ipv6Loopback(ctx context.Context, lc net.ListenConfig) bool {
	probe, err := lc.Listen(ctx, "tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	probe.Close()
	return true
}
