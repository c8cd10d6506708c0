package locate

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// patience is how long one name server is waited for with a question that most networks answer in milliseconds.
const patience = 2 * time.Second

// System asks the computer's own name servers, wherever its operating system keeps them, or one given server.
type System struct {
	server string // "host:port", empty for the computer's own
}

// NewSystem makes a resolver. server is "host:port" of a name server to ask instead of the computer's own; empty for those.
func NewSystem(server string) System { return System{server} }

// errListening ends the standard library's question once it has told whom it would ask.
var errListening = errors.New("only the name is asked for")

// servers are the computer's name servers, as the standard library finds them on each system: it is asked to dial, and
// dials nothing.
func (s System) servers(ctx context.Context) []string {
	if s.server != "" {
		return []string{s.server}
	}
	var mu sync.Mutex
	var out []string
	r := net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(out, address) {
			out = append(out, address)
		}
		return nil, errListening
	}}
	_, _ = r.LookupTXT(ctx, "invalid.") // it cannot succeed
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(out)
}

func (s System) resolver() *net.Resolver {
	if s.server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.server)
	}}
}

// NAPTR asks each name server in turn, over TCP where the answer is cut.
func (s System) NAPTR(ctx context.Context, domain string) ([]NAPTR, error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(domain), dns.TypeNAPTR)
	q.SetEdns0(1232, false)
	err := errors.New("this computer has no name server")
	for _, server := range s.servers(ctx) {
		var in *dns.Msg
		if in, err = exchange(ctx, q, server); err != nil {
			continue
		}
		var out []NAPTR
		for _, rr := range in.Answer {
			if n, ok := rr.(*dns.NAPTR); ok && n.Regexp == "" {
				out = append(out, NAPTR{n.Order, n.Preference, n.Flags, n.Service, n.Replacement})
			}
		}
		return out, nil
	}
	return nil, err
}

func exchange(ctx context.Context, q *dns.Msg, server string) (*dns.Msg, error) {
	udp := &dns.Client{Net: "udp", Timeout: patience}
	in, _, err := udp.ExchangeContext(ctx, q, server)
	if err == nil && in.Truncated {
		tcp := &dns.Client{Net: "tcp", Timeout: patience}
		in, _, err = tcp.ExchangeContext(ctx, q, server)
	}
	if err == nil && in.Rcode != dns.RcodeSuccess && in.Rcode != dns.RcodeNameError {
		err = errors.New("the name server answered " + dns.RcodeToString[in.Rcode])
	}
	return in, err
}

// SRV asks as the standard library does.
func (s System) SRV(ctx context.Context, name string) ([]SRV, error) {
	_, records, err := s.resolver().LookupSRV(ctx, "", "", name)
	var out []SRV
	for _, r := range records {
		out = append(out, SRV{r.Priority, r.Weight, r.Target, r.Port})
	}
	if len(out) > 0 {
		err = nil // records with names that are none come as an error beside the good ones
	}
	return out, absent(err)
}

// Addrs asks as the standard library does, hosts file included.
func (s System) Addrs(ctx context.Context, host string) ([]netip.Addr, error) {
	ips, err := s.resolver().LookupNetIP(ctx, "ip", host)
	return ips, absent(err)
}

// absent is err, unless it only says that there is nothing.
func absent(err error) error {
	var d *net.DNSError
	if errors.As(err, &d) && d.IsNotFound {
		return nil
	}
	return err
}
