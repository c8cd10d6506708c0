package gather

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"sidetone/internal/doctor"
)

// loopbacks are this computer's own addresses, the second only where there is one.
func loopbacks(ctx context.Context) []string {
	if !free(ctx, "::1", 0) {
		return []string{"127.0.0.1"}
	}
	return []string{"127.0.0.1", "::1"}
}

// free tries to listen for a moment, exactly as the bridge would.
func free(ctx context.Context, host string, port int) bool {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// held says of each port where it is taken, and by whom if that can be seen.
func held(ctx context.Context, ports []int, all []doctor.Socket) []doctor.Port {
	var out []doctor.Port
	for _, n := range ports {
		p := doctor.Port{Number: n}
		if n == 0 {
			continue // any free one
		}
		for _, host := range loopbacks(ctx) {
			if free(ctx, host, n) {
				continue
			}
			p.Taken = append(p.Taken, host)
			if p.Holder == "" {
				p.Holder = holder(all, netip.AddrPortFrom(netip.MustParseAddr(host), uint16(n)))
			}
		}
		out = append(out, p)
	}
	return out
}

// holder is the program that listens at an address, or at all addresses.
func holder(all []doctor.Socket, at netip.AddrPort) string {
	i := slices.IndexFunc(all, func(s doctor.Socket) bool {
		a := s.At.Addr().Unmap()
		return s.Holder != "" && s.At.Port() == at.Port() && (a == at.Addr() || a.IsUnspecified())
	})
	if i < 0 {
		return ""
	}
	return all[i].Holder
}

// probes are requests of strangers to the bridge at each address, each with one thing wrong.
func probes(ctx context.Context, port int) []doctor.Probe {
	var out []doctor.Probe
	for _, host := range loopbacks(ctx) {
		at := net.JoinHostPort(host, strconv.Itoa(port))
		for _, c := range []struct {
			what, host, more string
			want             int
		}{
			{"without an Origin", at, "", http.StatusForbidden},
			{"from a strange page", at, "Origin: https://stranger.example.com\r\n", http.StatusForbidden},
			{"for another Host", "stranger.example.com:" + strconv.Itoa(port), "", http.StatusMisdirectedRequest},
		} {
			p := doctor.Probe{At: at, What: c.what, Want: c.want}
			p.Got, p.More, p.Problem = probe(ctx, at, "GET /v1/ws HTTP/1.1\r\nHost: "+c.host+"\r\n"+c.more+
				"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
			out = append(out, p)
		}
	}
	return out
}

// probe writes one request and reads the answer: its status, and what it tells beside it.
func probe(ctx context.Context, at, request string) (status int, more, problem string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", at)
	if err != nil {
		return 0, "", err.Error()
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, "", err.Error()
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, "", err.Error()
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "", err.Error()
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusSwitchingProtocols {
		return answer.StatusCode, "", ""
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1024))
	if err != nil {
		return 0, "", err.Error()
	}
	return answer.StatusCode, told(answer.StatusCode, answer.Header, strings.TrimSpace(string(body))), ""
}

// told is what an answer says beside its status: a body of its own words, or a header that names the program or lets others
// read the answer.
func told(status int, h http.Header, body string) string {
	for _, name := range []string{"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Set-Cookie"} {
		if h.Get(name) != "" {
			return fmt.Sprintf("the header %s", name)
		}
	}
	if body != "" && body != http.StatusText(status) {
		return fmt.Sprintf("%q", body)
	}
	return ""
}
