package locate

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// zone is a small DNS. A name with the value "broken" does not answer.
type zone map[string]string

var errBroken = errors.New("the name server does not answer")

func (z zone) lines(kind, name string) ([][]string, error) {
	var out [][]string
	for line := range strings.SplitSeq(z[kind+" "+strings.TrimSuffix(name, ".")], "\n") {
		if line == "broken" {
			return nil, errBroken
		}
		if f := strings.Fields(line); len(f) > 0 {
			out = append(out, f)
		}
	}
	return out, nil
}

func (z zone) NAPTR(_ context.Context, domain string) (out []NAPTR, err error) {
	lines, err := z.lines("NAPTR", domain)
	for _, f := range lines {
		n := NAPTR{Flags: f[2], Service: f[3], Replacement: f[4]}
		fmt.Sscan(f[0]+" "+f[1], &n.Order, &n.Preference)
		out = append(out, n)
	}
	return out, err
}

func (z zone) SRV(_ context.Context, name string) (out []SRV, err error) {
	lines, err := z.lines("SRV", name)
	for _, f := range lines {
		v := SRV{Host: f[2]}
		fmt.Sscan(f[0]+" "+f[1]+" "+f[3], &v.Priority, &v.Weight, &v.Port)
		out = append(out, v)
	}
	return out, err
}

func (z zone) Addrs(_ context.Context, host string) (out []netip.Addr, err error) {
	lines, err := z.lines("A", host)
	for _, f := range lines {
		for _, a := range f {
			out = append(out, netip.MustParseAddr(a))
		}
	}
	return out, err
}

func first(int) int { return 0 }

func told(targets []Target) string {
	var b strings.Builder
	for _, t := range targets {
		fmt.Fprintf(&b, "%s %s %v\n", t.Transport, t.Host, t.Addrs)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestFind(t *testing.T) {
	z := zone{
		"A plain.example.com": "192.0.2.1",
		"A dual.example.com":  "192.0.2.2 192.0.2.3 2001:db8::2 2001:db8::3 2001:db8::4",
		"A s1.example.com":    "192.0.2.11",
		"A s2.example.com":    "192.0.2.12",
		"A s3.example.com":    "192.0.2.13",

		"SRV _sip._udp.srv.example.com":  "10 0 s1.example.com. 5070\n20 0 s2.example.com. 5080",
		"SRV _sip._tcp.srv.example.com":  "10 0 s3.example.com. 5060",
		"SRV _sips._tcp.srv.example.com": "10 0 s1.example.com. 5061\n10 0 s1.example.com. 5061",
		"A srv.example.com":              "192.0.2.99",

		"NAPTR naptr.example.com":         "20 10 s SIP+D2T _t.example.com.\n10 20 s SIP+D2U _u.example.com.\n10 10 s SIPS+D2T _s.example.com.\n5 5 u E2U+sip .\n1 1 s SIP+D2S _x.example.com.",
		"SRV _u.example.com":              "1 1 s1.example.com. 5060",
		"SRV _t.example.com":              "1 1 s2.example.com. 5060",
		"SRV _s.example.com":              "1 1 gone.example.com. 5061\n2 1 s3.example.com. 5061",
		"NAPTR deaf.example.com":          "broken",
		"SRV _sips._tcp.deaf.example.com": "broken",
		"A deaf.example.com":              "192.0.2.5",
		"A silent.example.com":            "broken",
		"SRV _sip._udp.not.example.com":   "0 0 . 0",
		"A not.example.com":               "192.0.2.6",
		"SRV _sips._tcp.half.example.com": "0 0 . 0",
		"A half.example.com":              "192.0.2.7",
		"NAPTR odd.example.com":           "1 1 s SIP+D2S _x.example.com.",
		"SRV _sip._tcp.odd.example.com":   "1 1 s2.example.com. 5062",
	}
	for _, c := range []struct {
		about string
		s     Server
		want  string
		err   error
	}{
		{"an address", Server{Host: "192.0.2.9"}, "udp 192.0.2.9 [192.0.2.9:5060]", nil},
		{"an address with a port", Server{Host: "2001:db8::9", Port: 5070, Transport: TLS}, "tls 2001:db8::9 [[2001:db8::9]:5070]", nil},
		{"an address inside an IPv6 address", Server{Host: "::ffff:192.0.2.9", Transport: TCP}, "tcp ::ffff:192.0.2.9 [192.0.2.9:5060]", nil},
		{"a name with a port is not looked for elsewhere", Server{Host: "srv.example.com", Port: 5060}, "udp srv.example.com [192.0.2.99:5060]", nil},
		{"a name without records", Server{Host: "plain.example.com"}, "udp plain.example.com [192.0.2.1:5060]", nil},
		{"TLS without records", Server{Host: "plain.example.com", Transport: TLS}, "tls plain.example.com [192.0.2.1:5061]", nil},
		{"a WebSocket", Server{Host: "srv.example.com", Transport: WSS}, "wss srv.example.com [192.0.2.99:443]", nil},
		{"families take turns", Server{Host: "dual.example.com", Transport: TCP},
			"tcp dual.example.com [[2001:db8::2]:5060 192.0.2.2:5060 [2001:db8::3]:5060 192.0.2.3:5060 [2001:db8::4]:5060]", nil},
		{"SRV of all transports", Server{Host: "srv.example.com"},
			"tls s1.example.com [192.0.2.11:5061]\ntcp s3.example.com [192.0.2.13:5060]\nudp s1.example.com [192.0.2.11:5070]\nudp s2.example.com [192.0.2.12:5080]", nil},
		{"SRV of one transport", Server{Host: "srv.example.com", Transport: TCP}, "tcp s3.example.com [192.0.2.13:5060]", nil},
		{"NAPTR decides the order", Server{Host: "naptr.example.com"},
			"tls s3.example.com [192.0.2.13:5061]\nudp s1.example.com [192.0.2.11:5060]\ntcp s2.example.com [192.0.2.12:5060]", nil},
		{"NAPTR of one transport", Server{Host: "naptr.example.com", Transport: UDP}, "udp s1.example.com [192.0.2.11:5060]", nil},
		{"NAPTR of transports nobody here speaks", Server{Host: "odd.example.com"}, "tcp s2.example.com [192.0.2.12:5062]", nil},
		{"a DNS that drops the rarer questions", Server{Host: "deaf.example.com"}, "udp deaf.example.com [192.0.2.5:5060]", nil},
		{"a DNS that does not answer", Server{Host: "silent.example.com"}, "", errBroken},
		{"no such name", Server{Host: "nobody.example.com"}, "", ErrNoName},
		{"a domain that says no", Server{Host: "not.example.com"}, "", ErrNoService},
		{"a domain that says no to TLS only", Server{Host: "half.example.com"}, "udp half.example.com [192.0.2.7:5060]", nil},
	} {
		got, err := Find(t.Context(), z, c.s, first)
		if told(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v; want %q", c.about, told(got), err, c.want)
		}
	}
}

// TestWeights draws every number once: servers of one priority share the phones by weight (RFC 2782).
func TestWeights(t *testing.T) {
	records := []SRV{{1, 60, "a", 1}, {2, 1, "z", 1}, {1, 20, "b", 1}, {1, 20, "c", 1}, {1, 0, "d", 1}}
	firsts := map[string]int{}
	for at := range 101 {
		order := ranked(records, func(n int) int { return min(at, n-1) })
		if len(order) != 5 || order[4].Host != "z" {
			t.Fatalf("%v", order)
		}
		firsts[order[0].Host]++
	}
	if firsts["a"] != 60 || firsts["b"] != 20 || firsts["c"] != 20 || firsts["d"] != 1 {
		t.Errorf("%v", firsts)
	}
}

// asked counts the questions.
type asked struct {
	zone
	n *int
}

func (a asked) SRV(ctx context.Context, name string) ([]SRV, error) {
	*a.n++
	return a.zone.SRV(ctx, name)
}

func (a asked) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	*a.n++
	return a.zone.Addrs(ctx, host)
}

// TestAnswersWithoutEnd: a thousand records of each kind are neither all asked for nor all tried.
func TestAnswersWithoutEnd(t *testing.T) {
	z, n := zone{}, 0
	for i := range 1000 {
		z["NAPTR example.com"] += fmt.Sprintf("%d 1 s SIP+D2T _sip._tcp.example.com.\n", i)
		z["SRV _sip._tcp.example.com"] += fmt.Sprintf("%d 1 s%d.example.com 5060\n", i, i)
		for j := range 100 {
			z[fmt.Sprintf("A s%d.example.com", i)] += fmt.Sprintf("192.0.2.%d 2001:db8::%d ", j, j)
		}
	}
	found, err := Find(t.Context(), asked{z, &n}, Server{Host: "example.com"}, first)
	if err != nil || len(found) != mostTargets || found[0].Host != "s0.example.com" || len(found[0].Addrs) != mostAddrs || n > 50 {
		t.Errorf("%d targets after %d questions: %v", len(found), n, err)
	}
}

// TestNamesThatLeadBack: records that name themselves or each other are followed once.
func TestNamesThatLeadBack(t *testing.T) {
	z, n := zone{
		"NAPTR example.com":         "1 1 s SIP+D2T example.com.\n2 1 s SIP+D2U _sip._udp.example.com.",
		"SRV example.com":           "1 1 example.com. 5060",
		"SRV _sip._udp.example.com": "1 1 _sip._udp.example.com. 5060",
	}, 0
	if found, err := Find(t.Context(), asked{z, &n}, Server{Host: "example.com"}, first); !errors.Is(err, ErrNoName) || n > 10 {
		t.Errorf("%v after %d questions: %v", found, n, err)
	}
}
