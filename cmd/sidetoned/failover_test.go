//go:build linux

package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// nameServer tells where the SIP servers of example.test are now, the first the better.
func nameServer(t *testing.T, transport string, servers func() []string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	up := make(chan struct{})
	s := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(up) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		m.Rcode = dns.RcodeNameError
		for i, at := range servers() {
			_, port, _ := net.SplitHostPort(at)
			for _, text := range []string{
				fmt.Sprintf("_sip._%s.example.test. 1 IN SRV %d 0 %s s%d.example.test.", transport, i, port, i), fmt.Sprintf("s%d.example.test. 1 IN A 127.0.0.1", i),
			} {
				rr, err := dns.NewRR(text)
				if err != nil {
					panic(err)
				}
				if rr.Header().Name == strings.ToLower(q.Question[0].Name) {
					m.Rcode = dns.RcodeSuccess
					if rr.Header().Rrtype == q.Question[0].Qtype {
						m.Answer = append(m.Answer, rr)
					}
				}
			}
		}
		_ = w.WriteMsg(m)
	})}
	go s.ActivateAndServe()
	<-up
	t.Cleanup(func() { s.Shutdown() })
	return conn.LocalAddr().String()
}

// TestServerDiesInACall kills the server the phone is registered with, while it talks: the phone goes to the other one, the call's
// sound stays, and the next call goes through.
func TestServerDiesInACall(t *testing.T) {
	peers.Installed(t, "baresip")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			first, second := peers.StartKamailio(t), peers.StartKamailio(t)
			talker, other := peers.StartBaresip(t, first, peers.BaresipOptions{}), peers.StartBaresip(t, second, peers.BaresipOptions{})
			d := startAt(t, "example.test", fmt.Sprintf("transport = %q\n[sip]\ndns = %q\n", transport, nameServer(t, transport, func() []string { return []string{first.Addr, second.Addr} })))
			d.Ready()
			if !first.Registered("1001") || second.Registered("1001") {
				t.Fatal("the phone is not with the better server")
			}
			d.Do(phone.Command{Do: phone.Dial, Number: "1002"})
			d.Phase(call.Active)
			talker.Event("CALL_ESTABLISHED")
			d.Hears(peers.BaresipTone)
			died := time.Now()
			first.End()
			second.Asked("taking the phone", func() bool { return second.Registered("1001") })
			t.Logf("over %s: with the other server after %s", transport, time.Since(died).Round(100*time.Millisecond))
			d.Ready()
			d.Hears(peers.BaresipTone)
			talker.Hears(440)
			d.Do(phone.Command{Do: phone.Hangup})
			d.Do(phone.Command{Do: phone.Dial, Number: "1002"})
			other.Event("CALL_ESTABLISHED")
			other.Hears(440)
			d.Do(phone.Command{Do: phone.Hangup})
			other.Event("CALL_CLOSED")
			d.Stop()
		})
	}
}
