// Package locate finds where a SIP server is: the targets to try, in the order RFC 3263 asks for.
//
// Find is a pure walk over three questions to the DNS; Resolver asks them, System asks the computer's own name servers. A
// server named by an address, or with a port, asks less. What the DNS does not answer is taken for absent, as long as
// something is found: many networks drop the rarer questions.
package locate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Transport is how messages travel.
type Transport string

// The transports this phone speaks.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
	TLS Transport = "tls"
	WSS Transport = "wss"
)

// Server is where a domain's requests go, as the agent or IT wrote it.
type Server struct {
	Host      string    // a name, or an address without brackets
	Port      int       // 0: not written
	Transport Transport // empty: the DNS decides
}

// Target is one server to try.
type Target struct {
	Transport Transport
	Host      string           // its own name in the DNS; the name a certificate is checked against is Server.Host (RFC 5922 §4)
	Addrs     []netip.AddrPort // at least one: families take turns, IPv6 first (RFC 8305 §4)
}

// NAPTR is one record of that type (RFC 3403 §4.1) that leads to an SRV record.
type NAPTR struct {
	Order, Preference uint16
	Flags             string // "s": Replacement has SRV records
	Service           string // "SIP+D2U" and its like (RFC 3263 §4.1, RFC 7118 §4)
	Replacement       string
}

// SRV is one record of that type (RFC 2782).
type SRV struct {
	Priority, Weight uint16
	Host             string
	Port             uint16
}

// What is kept of an answer that is longer than any honest one. Each target takes seconds to try, and each address a packet.
const (
	mostTargets = 16
	mostAddrs   = 16 // of one target
)

// Resolver asks the DNS. An answer without records is no error.
type Resolver interface {
	NAPTR(ctx context.Context, domain string) ([]NAPTR, error)
	SRV(ctx context.Context, name string) ([]SRV, error)
	Addrs(ctx context.Context, host string) ([]netip.Addr, error)
}

// What the DNS says when it answers and there is no target; every other error of Find is about reaching the DNS.
var (
	ErrNoName    = errors.New("the name cannot be found")
	ErrNoService = errors.New("the domain says that it has no such service")
)

// Find lists the targets of a server, best first. pick(n) is a random number in [0, n): it spreads phones over servers of
// equal rank (RFC 2782). It returns an error only if there is no target at all.
func Find(ctx context.Context, r Resolver, s Server, pick func(n int) int) ([]Target, error) {
	f := finder{ctx: ctx, r: r, pick: pick, plain: s.plain()}
	if ip, err := netip.ParseAddr(s.Host); err == nil {
		return []Target{{f.plain, s.Host, []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), s.port(f.plain))}}}, nil
	}
	if s.Port == 0 && s.Transport != WSS { // a WebSocket's address is a URL: it always has a port (RFC 7118 §4)
		f.services(s)
	}
	if len(f.found) == 0 && !f.closed {
		f.host(f.plain, s.Host, s.port(f.plain))
	}
	switch {
	case len(f.found) > 0:
		return f.found, nil
	case f.trouble != nil:
		return nil, fmt.Errorf("the name %s cannot be looked up: %w", s.Host, f.trouble)
	case f.closed:
		return nil, fmt.Errorf("%s: %w", s.Host, ErrNoService)
	}
	return nil, fmt.Errorf("%s: %w", s.Host, ErrNoName)
}

// plain is the transport where no record says another (RFC 3263 §4.1).
func (s Server) plain() Transport { return cmp.Or(s.Transport, UDP) }

func (s Server) port(t Transport) uint16 {
	switch {
	case s.Port != 0:
		return uint16(s.Port)
	case t == TLS:
		return 5061
	case t == WSS:
		return 443
	}
	return 5060
}

// service is how one transport is announced.
type service struct {
	transport Transport
	naptr     string
	srv       string
}

// services are the announcements this phone understands, in the order it likes them where the DNS has no opinion: safe
// before open, and connections before datagrams, which lose large messages.
func services() []service {
	return []service{{TLS, "SIPS+D2T", "_sips._tcp."}, {TCP, "SIP+D2T", "_sip._tcp."}, {UDP, "SIP+D2U", "_sip._udp."}}
}

type finder struct {
	ctx     context.Context
	r       Resolver
	pick    func(int) int
	found   []Target
	plain   Transport
	closed  bool // the domain says that it has no service of the plain transport
	trouble error
}

// services follows NAPTR and SRV records (RFC 3263 §4.1, §4.2).
func (f *finder) services(s Server) {
	records, err := f.r.NAPTR(f.ctx, s.Host)
	f.note(err)
	slices.SortStableFunc(records, func(a, b NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	for _, n := range records[:min(len(records), mostTargets)] {
		if t, ok := n.leads(s.Transport); ok {
			f.srv(t, n.Replacement)
		}
	}
	if len(f.found) > 0 {
		return
	}
	for _, v := range services() {
		if s.Transport == "" || s.Transport == v.transport {
			f.srv(v.transport, v.srv+s.Host)
		}
	}
}

// leads is the transport a record announces, if it is one that is wanted (any, where only is empty).
func (n NAPTR) leads(only Transport) (Transport, bool) {
	for _, v := range services() {
		if strings.EqualFold(n.Service, v.naptr) && strings.EqualFold(n.Flags, "s") && (only == "" || only == v.transport) {
			return v.transport, true
		}
	}
	return "", false
}

func (f *finder) srv(t Transport, name string) {
	records, err := f.r.SRV(f.ctx, name)
	f.note(err)
	all := ranked(records, f.pick)
	for _, v := range all[:min(len(all), mostTargets)] {
		if len(f.found) == mostTargets {
			return
		}
		if v.Host == "." || v.Host == "" {
			f.closed = f.closed || t == f.plain // RFC 2782: decidedly not here
			continue
		}
		f.host(t, v.Host, v.Port)
	}
}

// ranked orders SRV records: by priority, and at random by weight within one (RFC 2782).
func ranked(records []SRV, pick func(int) int) []SRV {
	rest := slices.Clone(records)
	slices.SortStableFunc(rest, func(a, b SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	var out []SRV
	for len(rest) > 0 {
		i := drawn(rest, pick)
		out = append(out, rest[i])
		rest = slices.Delete(rest, i, i+1)
	}
	return out
}

// drawn is the index of the next record among those of the best priority.
func drawn(rest []SRV, pick func(int) int) int {
	total := 0
	for _, v := range rest {
		if v.Priority == rest[0].Priority {
			total += int(v.Weight)
		}
	}
	at, sum := pick(total+1), 0
	return slices.IndexFunc(rest, func(v SRV) bool {
		sum += int(v.Weight)
		return sum >= at
	})
}

// host adds the addresses of one name.
func (f *finder) host(t Transport, host string, port uint16) {
	host = strings.TrimSuffix(host, ".")
	ips, err := f.r.Addrs(f.ctx, host)
	f.note(err)
	if len(ips) == 0 || slices.ContainsFunc(f.found, func(o Target) bool {
		return o.Transport == t && o.Host == host && o.Addrs[0].Port() == port
	}) {
		return
	}
	var addrs []netip.AddrPort
	all := interleaved(ips)
	for _, ip := range all[:min(len(all), mostAddrs)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, port))
	}
	f.found = append(f.found, Target{t, host, addrs})
}

// interleaved lets the families take turns, IPv6 first, each in the order the resolver gave (RFC 8305 §4).
func interleaved(ips []netip.Addr) []netip.Addr {
	var six, four, out []netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		if ip.Is4() {
			four = append(four, ip)
		} else {
			six = append(six, ip)
		}
	}
	for i := range max(len(six), len(four)) {
		out = append(out, six[min(i, len(six)):min(i+1, len(six))]...)
		out = append(out, four[min(i, len(four)):min(i+1, len(four))]...)
	}
	return out
}

func (f *finder) note(err error) {
	if err != nil && f.trouble == nil {
		f.trouble = err
	}
}
