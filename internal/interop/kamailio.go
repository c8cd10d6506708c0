package interop

import (
	"strings"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

func kamailioScenarios() (out []Scenario) {
	for _, transport := range []string{"udp", "tcp", "tls", "wss"} {
		out = append(out, Scenario{
			Peer: "kamailio", Transport: transport, Keying: "-", Quick: transport == "wss",
			setup: func(b *bed) { b.k = peers.StartKamailio(b) },
			steps: []step{{"register with digest", register}, {"OPTIONS answered", options}, {"un-register at the end", unregister}},
		})
	}
	out = append(out, Scenario{
		Peer: "kamailio", Transport: "udp", Keying: "-",
		setup: func(b *bed) { b.k = peers.StartKamailio(b) },
		steps: []step{{"a wrong password is tried once", wrongPassword}},
	})
	for _, transport := range []string{"udp", "tcp", "tls"} {
		out = append(out, Scenario{
			Peer: "kamailio", Transport: transport, Keying: "none",
			setup: behindEdge,
			steps: []step{
				{"register through an edge proxy (Path)", func(b *bed) {
					if !b.k.Registered("1001") {
						b.Errorf("nobody is registered behind the edge: %s", b.k.Reach("1001"))
					}
				}},
				{"call in through the edge", callFromBaresip},
				{"end, theirs, through the edge", endedByBaresip},
				{"call out through the edge", callToBaresip},
			},
		})
	}
	return append(out, relayScenarios()...)
}

func register(b *bed) {
	if b.k.Registered("1001") {
		b.Fatal("registered before the start")
	}
	b.phone(b.k.Over(b.transport))
	if asked, challenged := b.k.Seen("seen REGISTER of 1001 over "+b.transport), b.k.Seen("challenged REGISTER of 1001"); asked < 2 || challenged < 1 {
		b.Errorf("%d REGISTER over %s, %d challenged", asked, b.transport, challenged)
	}
	hidden := 0
	for _, m := range b.d.Trace() {
		if m.Transport != b.transport || !m.Local.Addr().IsLoopback() || m.CallID == "" || strings.Contains(m.Text, "response=") {
			b.Errorf("%+v", m)
		}
		if m.Sent && strings.Contains(m.Text, "Authorization: Digest (hidden)") {
			hidden++
		}
	}
	if hidden == 0 {
		b.Error("no REGISTER with a proof was traced")
	}
}

func options(b *bed) {
	if res := b.k.Reach("1001"); !strings.HasPrefix(res, "SIP/2.0 200 ") || !strings.Contains(res, "INVITE") {
		b.Errorf("OPTIONS through kamailio got %s", res)
	}
}

func unregister(b *bed) {
	b.d.Stop()
	if b.k.Registered("1001") {
		b.Error("the program left its registration behind")
	}
}

func wrongPassword(b *bed) {
	b.d = &peers.Phone{T: b.T, Exe: b.program.Path, Env: b.program.Env, Dir: b.TempDir(), Password: "wrong"}
	b.d.Configure("1001@"+b.k.Addr, "")
	b.d.Launch()
	s := b.d.Line(call.LineRefused)
	if s.Accounts[0].Line.Detail == "" || !s.Accounts[0].Line.Retry.IsZero() || len(s.Warnings) != 1 {
		b.Errorf("%+v %+v", s.Accounts[0].Line, s.Warnings)
	}
	b.d.Stop()
	if n := b.k.Seen("challenged REGISTER of 1001"); n != 2 {
		b.Errorf("kamailio was asked %d times, want once without and once with the password", n)
	}
}

// behindEdge has the phone reach its registrar through a proxy that the registrar reaches it through.
func behindEdge(b *bed) {
	b.k = peers.StartKamailio(b)
	edge := peers.StartKamailio(b, peers.EdgeOf(b.k))
	b.b = peers.StartBaresip(b, b.k, peers.BaresipOptions{Manual: true})
	extra := edge.Over(b.transport)
	if b.transport != "tls" {
		extra += "server = \"" + edge.Addr + "\"\n"
	}
	b.phone(extra)
	if edge.Seen("passed REGISTER of 1001 over "+b.transport) < 2 {
		b.Error("the phone did not register through the edge")
	}
}

// history is the newest call in the journal.
func history(b *bed) call.Call {
	b.Helper()
	r := b.d.Ask(control.Request{Command: phone.Command{Do: control.History}})
	if len(r.Records) == 0 {
		b.Fatal("the journal is empty")
	}
	return r.Records[0].Call
}
