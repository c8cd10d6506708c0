//go:build linux

package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// headersOf reads the call's header fields from what the phone tells of its messages: those of the 200 to its INVITE.
func headersOf(t *testing.T, d *peers.Phone) map[string]string {
	t.Helper()
	for _, m := range d.Trace() {
		if !strings.HasPrefix(m.Text, "SIP/2.0 200") || !strings.Contains(m.Text, " INVITE\r\n") {
			continue
		}
		out := map[string]string{}
		for line := range strings.SplitSeq(m.Text, "\r\n") {
			name, value, _ := strings.Cut(line, ":")
			out[name] = strings.TrimSpace(value)
		}
		return out
	}
	t.Fatal("no answer to an INVITE was told")
	return nil
}

// TestSpoofedInACall: somebody who knows everything about a call, but is not where it is, says BYE, CANCEL, re-INVITE and more into
// it, and to its requests answers of every kind: it goes on without a gap.
func TestSpoofedInACall(t *testing.T) {
	d, at := besieged(t)
	far, err := net.ResolveUDPAddr("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)}, far)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	h, heard := headersOf(t, d), len(peers.GrowingWAV(t, d.Heard()))
	sdp := "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
	sent := 0
	for began := time.Now(); time.Since(began) < 5*time.Second; time.Sleep(2 * time.Millisecond) {
		for _, what := range []string{"BYE", "CANCEL", "INVITE", "ACK", "UPDATE", "INFO", "REFER", "NOTIFY", "200", "603"} {
			sent++
			first, method := fmt.Sprintf("%s sip:1001@%s SIP/2.0", what, at), what
			if what[0] < 'A' {
				first, method = "SIP/2.0 "+what+" No", "INVITE"
			}
			fmt.Fprintf(conn, "%s\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK%d;rport\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n"+
				"Contact: <sip:1002@127.0.0.2>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", first, sent, h["To"], h["From"], h["Call-ID"], 1000+sent, method, len(sdp), sdp)
		}
	}
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 2000)); err == nil {
		t.Errorf("the spoofer got an answer of %d bytes", n)
	}
	lost := peers.Gap(peers.GrowingWAV(t, d.Heard())[heard:], audio.Rate)
	t.Logf("%d spoofed messages: longest gap in the sound %s", sent, lost)
	if lost > 100*time.Millisecond {
		t.Errorf("they were felt: a gap of %s", lost)
	}
	d.Hears(peers.BaresipTone)
	d.Until("the call alone", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Phase == call.Active })
	d.Do(phone.Command{Do: phone.Hangup})
	d.Idle()
	d.Stop()
}
