//go:build linux

package main

import (
	"fmt"
	"net"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// portOfPhone is where the phone listens for SIP.
func portOfPhone(t *testing.T, d *peers.Phone) string {
	t.Helper()
	said := d.Trace()
	if len(said) == 0 {
		t.Fatal("nothing was said")
	}
	return said[0].Local.String()
}

// besieged is a phone that talks to baresip through kamailio, and its address.
func besieged(t *testing.T) (d *peers.Phone, at string) {
	t.Helper()
	peers.Installed(t, "baresip")
	k := peers.StartKamailio(t)
	b := peers.StartBaresip(t, k, peers.BaresipOptions{})
	d = startAtKamailio(t, k, "")
	at = portOfPhone(t, d)
	d.Do(phone.Command{Do: phone.Dial, Number: "1002"})
	d.Phase(call.Active)
	b.Event("CALL_ESTABLISHED")
	d.Hears(peers.BaresipTone)
	return d, at
}

// TestFlood sends 10,000 INVITE a second for ten seconds at a phone that talks, from an address that is not its server's: nothing
// rings, nothing is answered, the sound goes on and the memory stays.
func TestFlood(t *testing.T) {
	d, at := besieged(t)
	conn, err := net.Dial("udp", at)
	if err == nil {
		conn.Close()
		conn, err = net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, conn.RemoteAddr().(*net.UDPAddr))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	before, heard := d.Memory(), len(peers.GrowingWAV(t, d.Heard()))
	const rate, length = 10_000, 10 * time.Second
	sent := 0
	for began := time.Now(); time.Since(began) < length; time.Sleep(time.Millisecond) {
		for ; sent < int(time.Since(began).Seconds()*rate); sent++ {
			fmt.Fprintf(conn, "INVITE sip:1001@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK%d\r\nFrom: <sip:100@example.com>;tag=%d\r\nTo: <sip:1001@example.com>\r\n"+
				"Call-ID: flood-%d\r\nCSeq: 1 INVITE\r\nContact: <sip:100@127.0.0.2>\r\nContent-Length: 0\r\n\r\n", at, sent, sent, sent)
		}
	}
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 2000)); err == nil {
		t.Errorf("the flood got an answer of %d bytes", n)
	}
	lost, after := peers.Gap(peers.GrowingWAV(t, d.Heard())[heard:], audio.Rate), d.Memory()
	t.Logf("%d INVITE: longest gap in the sound %s, memory %d kB before and %d kB after", sent, lost, before, after)
	if lost > 200*time.Millisecond || after > before*5/4 {
		t.Errorf("the flood was felt: a gap of %s, memory from %d to %d kB", lost, before, after)
	}
	d.Hears(peers.BaresipTone)
	s := d.Until("the call alone", func(s phone.Snapshot) bool { return len(s.Calls) == 1 })
	if s.Calls[0].Remote.Number != "1002" {
		t.Errorf("%+v", s.Calls)
	}
	d.Do(phone.Command{Do: phone.Hangup})
	d.Idle()
	d.Stop()
}

// TestFloodFromTheServer sends 3,000 INVITE a second for ten seconds from the server's own address: what is kept of them is bounded, so
// memory stays, the call that is on is heard through them, and calls come in again afterwards.
func TestFloodFromTheServer(t *testing.T) {
	s, d := scripted(t, "")
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	inv := s.wait("INVITE")
	s.reply(inv, "200 OK", sound(1, true))
	s.wait("ACK")
	d.Phase(call.Active)
	before, most := d.Memory(), 0
	const rate, length = 3000, 10 * time.Second
	sent := 0
	for began := time.Now(); time.Since(began) < length; time.Sleep(time.Millisecond) {
		for ; sent < int(time.Since(began).Seconds()*rate); sent++ {
			s.conn.WriteToUDP(fmt.Appendf(nil, "INVITE sip:1001@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d\r\nFrom: <sip:100@example.com>;tag=%d\r\nTo: <sip:1001@example.com>\r\n"+
				"Call-ID: flood-%d\r\nCSeq: 1 INVITE\r\nContact: <sip:100@%s>\r\nContent-Length: 0\r\n\r\n", s.to, s.addr(), sent, sent, sent, s.addr()), s.to)
			if sent%rate == 0 {
				most = max(most, d.Memory())
			}
		}
	}
	buf := make([]byte, 65535)
	for err := error(nil); err == nil; _, err = s.conn.Read(buf) {
		s.conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	}
	s.ask(inv, "OPTIONS", 1) // a call that is on
	s.wait("SIP/2.0 200")
	most = max(most, d.Memory())
	t.Logf("%d INVITE: memory %d kB before and %d kB at most", sent, before, most)
	if most > before+64<<10 {
		t.Errorf("memory went from %d to %d kB", before, most)
	}
	d.Do(phone.Command{Do: phone.Hangup, Call: d.Now().Calls[0].ID})
	s.reply(s.wait("BYE"), "200 OK")
	d.Stop()
}
