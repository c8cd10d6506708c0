package flow

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"sidetone/sip/locate"
)

// dialer opens one TCP connection. Silent death is noticed by the system's probes within half a minute, and by unanswered
// data within ten seconds where the system can (see deaf).
func dialer() *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
		Control:         deaf,
	}
}

// reach opens the TCP connection to a target, or to the web proxy and through it.
func reach(ctx context.Context, t locate.Target, w Way) (net.Conn, error) {
	if w.Proxy != nil {
		return tunnel(ctx, t, w.Proxy)
	}
	return race(ctx, t.Addrs, func(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
		return dialer().DialContext(ctx, "tcp", a.String())
	})
}

// race starts an attempt at each address in turn, the next one as soon as one has failed or after attemptDelay, and keeps
// the first connection (RFC 8305 §5).
func race(ctx context.Context, addrs []netip.AddrPort, dial func(context.Context, netip.AddrPort) (net.Conn, error)) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan result, len(addrs))
	next := time.NewTimer(0)
	defer next.Stop()
	var first error
	started, running := 0, 0
	for {
		select {
		case <-next.C:
			if started < len(addrs) {
				a := addrs[started]
				started, running = started+1, running+1
				go func() { c, err := dial(ctx, a); results <- result{c, err} }()
				next.Reset(attemptDelay)
			}
		case r := <-results:
			running--
			if r.err == nil {
				go func() { // those that lose
					for range running {
						if late := <-results; late.err == nil {
							late.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			if first == nil {
				first = r.err
			}
			if running == 0 && started == len(addrs) {
				return nil, first
			}
			next.Reset(0)
		}
	}
}

// maxAnswer bounds what a web proxy may say before it lets us through, in bytes.
const maxAnswer = 64 << 10

// tunnel asks a web proxy for a way to the target (RFC 9110 §9.3.6). The proxy looks the target's name up.
func tunnel(ctx context.Context, t locate.Target, proxy *url.URL) (net.Conn, error) {
	conn, err := dialer().DialContext(ctx, "tcp", proxy.Host)
	if err != nil {
		return nil, fault(err, "The web proxy %s cannot be reached: IT must correct the proxy setting.", proxy.Host)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	to := net.JoinHostPort(t.Host, strconv.Itoa(int(t.Addrs[0].Port())))
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if err := connect(conn, req); err != nil {
		conn.Close()
		return nil, fault(err, "The web proxy %s does not let this phone through (%v): IT must allow CONNECT to %s there.", proxy.Host, err, to)
	}
	return conn, nil
}

func connect(conn net.Conn, req *http.Request) error {
	if err := req.Write(conn); err != nil {
		return err
	}
	br := bufio.NewReader(io.LimitReader(conn, maxAnswer))
	res, err := http.ReadResponse(br, req)
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return errors.New(res.Status)
	case br.Buffered() > 0:
		return errors.New("it talks before it is asked")
	}
	return nil
}
