package locate

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// nameServer answers on loopback from a zone file, over UDP and TCP. Names under cut. do not fit a datagram, names under
// broken. fail.
func nameServer(t *testing.T, records string) string {
	t.Helper()
	var known []dns.RR
	z := dns.NewZoneParser(strings.NewReader(records), ".", "")
	for rr, ok := z.Next(); ok; rr, ok = z.Next() {
		known = append(known, rr)
	}
	if err := z.Err(); err != nil {
		t.Fatal(err)
	}
	answer := func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Rcode = dns.RcodeNameError
		for _, rr := range known {
			if strings.EqualFold(rr.Header().Name, q.Question[0].Name) {
				m.Rcode = dns.RcodeSuccess
				if rr.Header().Rrtype == q.Question[0].Qtype {
					m.Answer = append(m.Answer, rr)
				}
			}
		}
		switch _, datagram := w.LocalAddr().(*net.UDPAddr); {
		case strings.HasPrefix(q.Question[0].Name, "broken."):
			m.Rcode = dns.RcodeServerFailure
		case datagram && strings.HasPrefix(q.Question[0].Name, "cut."):
			m.Truncated, m.Answer = true, nil
		}
		_ = w.WriteMsg(m)
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dns.Server{{PacketConn: pc}, {Listener: l}} {
		s.Handler = dns.HandlerFunc(answer)
		up := make(chan struct{})
		s.NotifyStartedFunc = func() { close(up) }
		go s.ActivateAndServe()
		<-up
		t.Cleanup(func() { s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

const records = `
example.com. 60 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.com.
example.com. 60 IN NAPTR 20 10 "S" "sips+d2t" "" _sips._tcp.example.com.
example.com. 60 IN NAPTR 30 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
_sip._udp.example.com. 60 IN SRV 10 0 5070 one.example.com.
_sips._tcp.example.com. 60 IN SRV 10 0 5061 two.example.com.
one.example.com. 60 IN A 192.0.2.1
two.example.com. 60 IN A 192.0.2.2
two.example.com. 60 IN AAAA 2001:db8::2
cut.example.com. 60 IN NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp.example.com.
broken.example.com. 60 IN A 192.0.2.3
`

func TestSystem(t *testing.T) {
	r := NewSystem(nameServer(t, records))
	for _, c := range []struct{ host, want string }{
		{"example.com", "udp one.example.com [192.0.2.1:5070]\ntls two.example.com [[2001:db8::2]:5061 192.0.2.2:5061]"},
		{"cut.example.com", "udp one.example.com [192.0.2.1:5070]"},
		{"one.example.com", "udp one.example.com [192.0.2.1:5060]"},
	} {
		got, err := Find(t.Context(), r, Server{Host: c.host}, first)
		if err != nil || told(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.host, told(got), err, c.want)
		}
	}
	if _, err := Find(t.Context(), r, Server{Host: "nobody.example.com"}, first); !errors.Is(err, ErrNoName) {
		t.Errorf("a name that does not exist: %v", err)
	}
	if _, err := Find(t.Context(), r, Server{Host: "broken.example.com"}, first); err == nil || errors.Is(err, ErrNoName) {
		t.Errorf("a name server that fails: %v", err)
	}
}

// TestSystemServers: this computer's own name servers are found where the standard library finds them.
func TestSystemServers(t *testing.T) {
	for _, s := range NewSystem("").servers(t.Context()) {
		if _, _, err := net.SplitHostPort(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}
