package main

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// script is a server and far end whose every word a test writes: what our PBX does not do, or does only right.
type script struct {
	t    *testing.T
	conn *net.UDPConn
	to   *net.UDPAddr // the phone
	held []heard      // read while looking for something else
	seen map[string]bool
}

// heard is one message of the phone.
type heard struct {
	first string // its first line
	lines []string
	body  string
}

func newScript(t *testing.T) *script {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &script{t: t, conn: conn, seen: map[string]bool{}}
}

func (s *script) addr() string { return s.conn.LocalAddr().String() }

// header is the value of the first header with this name.
func (m heard) header(name string) string {
	for _, l := range m.lines {
		if key, value, _ := strings.Cut(l, ":"); strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// wait is the next new message that begins so; registrations and signs of life are answered on the way.
func (s *script) wait(begins string) heard {
	s.t.Helper()
	for i, m := range s.held {
		if strings.HasPrefix(m.first, begins) {
			s.held = append(s.held[:i], s.held[i+1:]...)
			return m
		}
	}
	buf := make([]byte, 65535)
	for {
		s.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, from, err := s.conn.ReadFromUDP(buf)
		if err != nil {
			s.t.Fatalf("no %s came: %v", begins, err)
		}
		s.to = from
		head, body, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		m := heard{first: lines[0], lines: lines[1:], body: body}
		key := m.first + m.header("CSeq") + m.header("Via")
		switch {
		case s.seen[key] && !strings.HasPrefix(m.first, "SIP/2.0"):
			continue
		case strings.HasPrefix(m.first, "REGISTER"), strings.HasPrefix(m.first, "OPTIONS") && !strings.Contains(m.header("To"), "tag="):
			s.reply(m, "200 OK", "Contact: "+m.header("Contact"), "Expires: 300")
		}
		s.seen[key] = true
		if strings.HasPrefix(m.first, begins) {
			return m
		}
		s.held = append(s.held, m)
	}
}

// reply answers a request as the phone with the tag far. A line without a colon in its first word begins the description.
func (s *script) reply(m heard, status string, extra ...string) {
	s.t.Helper()
	to := m.header("To")
	if !strings.Contains(to, "tag=") {
		to += ";tag=far"
	}
	lines := []string{"SIP/2.0 " + status}
	for _, l := range m.lines {
		if key, _, _ := strings.Cut(l, ":"); strings.EqualFold(key, "Via") {
			lines = append(lines, l)
		}
	}
	lines = append(lines, "From: "+m.header("From"), "To: "+to, "Call-ID: "+m.header("Call-ID"), "CSeq: "+m.header("CSeq"))
	s.send(lines, extra)
}

func (s *script) send(lines, extra []string) {
	s.t.Helper()
	body, contact := "", "Contact: <sip:far@"+s.addr()+">"
	for _, l := range extra {
		switch {
		case strings.HasPrefix(l, "v=0"):
			body = l
			lines = append(lines, "Content-Type: application/sdp")
		case strings.HasPrefix(l, "<presence"):
			body = l
			lines = append(lines, "Content-Type: application/pidf+xml")
		case strings.HasPrefix(l, "<dialog-info"):
			body = l
			lines = append(lines, "Content-Type: application/dialog-info+xml")
		case strings.HasPrefix(l, "Contact:"):
			contact = l
		default:
			lines = append(lines, l)
		}
	}
	lines = append(lines, contact, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	if _, err := s.conn.WriteToUDP([]byte(strings.Join(lines, "\r\n")), s.to); err != nil {
		s.t.Fatal(err)
	}
}

// ask sends a request in the dialog of an INVITE of the phone's, as its far end.
func (s *script) ask(invite heard, method string, seq int, extra ...string) {
	s.t.Helper()
	contact := strings.Trim(invite.header("Contact"), "<>")
	s.send([]string{
		method + " " + contact + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%d", s.addr(), method, seq), "Max-Forwards: 70",
		"From: " + invite.header("To") + ";tag=far", "To: " + invite.header("From"), "Call-ID: " + invite.header("Call-ID"), fmt.Sprintf("CSeq: %d %s", seq, method),
	}, extra)
}

// sound is a description of the far end: PCMU to a port where nobody listens, with telephone-events or without.
func sound(version int, events bool) string {
	text := fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0", version)
	if events {
		return text + " 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	}
	return text + "\r\n"
}

// scripted is a phone on a scripted server.
func scripted(t *testing.T, extra string) (*script, *peers.Phone) {
	t.Helper()
	s := newScript(t)
	d := startDaemon(t, s.addr(), extra)
	s.wait("REGISTER")
	d.Ready()
	return s, d
}

func TestStoryRingingIsConfirmed(t *testing.T) {
	s, d := scripted(t, "")
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	inv := s.wait("INVITE")
	s.reply(inv, "183 Session Progress", "Require: 100rel", "RSeq: 77", "Allow: INVITE, ACK, PRACK, UPDATE", sound(1, true))
	prack := s.wait("PRACK")
	if prack.header("RAck") != "77 "+inv.header("CSeq") {
		t.Errorf("%+v", prack)
	}
	s.reply(prack, "200 OK")
	d.Until("early media", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].EarlyMedia })
	s.ask(inv, "UPDATE", 1, sound(2, true))
	if ok := s.wait("SIP/2.0"); !strings.HasPrefix(ok.first, "SIP/2.0 200") || !strings.Contains(ok.body, "m=audio") {
		t.Errorf("%+v", ok)
	}
	s.reply(inv, "200 OK") // the answer is known
	s.wait("ACK")
	d.Phase(call.Active)
	d.Do(phone.Command{Do: phone.Hangup})
	s.reply(s.wait("BYE"), "200 OK")
	d.Idle()
	d.Stop()
}

func TestStoryFarEndIsGone(t *testing.T) {
	s, d := scripted(t, "")
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	inv := s.wait("INVITE")
	s.reply(inv, "422 Session Interval Too Small", "Min-SE: 2400")
	s.wait("ACK")
	if inv = s.wait("INVITE"); inv.header("Session-Expires") != "2400" {
		t.Errorf("%+v", inv)
	}
	s.reply(inv, "200 OK", "Require: timer", "Session-Expires: 4;refresher=uac", "Allow: INVITE, ACK, BYE, UPDATE", sound(1, true))
	s.wait("ACK")
	d.Phase(call.Active)
	up := s.wait("UPDATE")
	s.reply(up, "200 OK", "Require: timer", "Session-Expires: 3;refresher=uas")
	bye := s.wait("BYE") // nobody refreshes
	s.reply(bye, "200 OK")
	if last := d.Idle().Last; last.Reason.Cause != call.Lost {
		t.Errorf("%+v", last.Reason)
	}
	d.Stop()
}

// TestStoryHeldFarEndIsGone: a held call is silent by right, and its far end is asked all the same. One that says nothing of OPTIONS but
// that it does not know it is alive; one that does not know the call is gone.
func TestStoryHeldFarEndIsGone(t *testing.T) {
	t.Parallel()
	s, d := scripted(t, "")
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	inv := s.wait("INVITE")
	s.reply(inv, "200 OK", sound(1, true))
	s.wait("ACK")
	d.Phase(call.Active)
	d.Do(phone.Command{Do: phone.Hold})
	s.reply(s.wait("INVITE"), "200 OK", sound(2, true)+"a=inactive\r\n")
	s.wait("ACK")
	held := time.Now()
	s.reply(s.wait("OPTIONS sip:far@"), "405 Method Not Allowed")
	if waited := time.Since(held); waited < call.UnheardAsks-5*time.Second || len(d.Now().Warnings) != 0 {
		t.Errorf("asked after %v, %+v", waited, d.Now().Warnings)
	}
	s.reply(s.wait("OPTIONS sip:far@"), "481 Call/Transaction Does Not Exist")
	s.wait("BYE")
	if last := d.Idle().Last; last.Reason.Cause != call.Lost || last.Reason.Detail != "the far end is not there any more" {
		t.Errorf("%+v", last.Reason)
	}
	d.Stop()
}

func TestStorySentElsewhere(t *testing.T) {
	s, d := scripted(t, "")
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	inv := s.wait("INVITE")
	s.reply(inv, "302 Moved Temporarily", "Contact: \"Sales\" <sip:9102@"+s.addr()+">")
	s.wait("ACK")
	second := s.wait("INVITE sip:9102@")
	if second.header("Call-ID") != inv.header("Call-ID") || second.header("To") != inv.header("To") {
		t.Errorf("%+v", second)
	}
	s.reply(second, "180 Ringing")
	if snap := d.Phase(call.Ringing); snap.Calls[0].SentTo.Number != "9102" || snap.Calls[0].Detour() != "sent to Sales" || snap.Calls[0].Remote.Number != "9101" {
		t.Errorf("%+v", snap.Calls[0])
	}
	d.Do(phone.Command{Do: phone.Hangup})
	s.reply(s.wait("CANCEL"), "200 OK")
	s.reply(second, "487 Request Terminated")
	if last := d.Idle().Last; last.Reason.Cause != call.Cancelled {
		t.Errorf("%+v", last)
	}
	d.Stop()
}

// TestStorySentOut: a far end that sends the call out of the house has the agent asked, and a premium number refused.
func TestStorySentOut(t *testing.T) {
	s, d := scripted(t, "")
	dial := func(contact string) phone.Snapshot {
		d.Do(phone.Command{Do: phone.Dial, Number: "9101", Origin: "ctl"})
		s.reply(s.wait("INVITE sip:9101@"), "302 Moved Temporarily", "Contact: "+contact)
		s.wait("ACK")
		return d.Idle()
	}
	if snap := dial("<tel:+1-900-555-0142>"); snap.Refused == nil || !strings.Contains(snap.Refused.Text, "premium") || snap.Asking != nil {
		t.Errorf("%+v, %+v", snap.Refused, snap.Asking)
	}
	snap := dial("<sip:+12025550142@" + s.addr() + ">")
	if snap.Asking == nil || snap.Asking.Shown != "(202) 555-0142" || snap.Last.Reason.Status != 302 {
		t.Fatalf("%+v, %+v", snap.Asking, snap.Last)
	}
	d.Do(phone.Command{Do: phone.Confirm, Origin: "ctl"})
	s.reply(s.wait("INVITE sip:+12025550142@"), "486 Busy Here")
	d.Until("busy", func(s phone.Snapshot) bool { return s.Last != nil && s.Last.Reason.Cause == call.Busy })
	for _, m := range s.held {
		if strings.HasPrefix(m.first, "INVITE") {
			t.Errorf("it calls %s", m.first)
		}
	}
	d.Stop()
}

// TestStoryColleagueByPresence: the server takes a subscription to a colleague's calls and says nothing, but tells of presence; until
// it tells of a call after all.
func TestStoryColleagueByPresence(t *testing.T) {
	s, d := scripted(t, "[[colleague]]\nname = \"Agent B. Sample\"\nnumber = \"118\"\n")
	calls := s.wait("SUBSCRIBE sip:118@")
	s.reply(calls, "200 OK", "Expires: 600")
	s.ask(calls, "NOTIFY", 1, "Event: dialog", "Subscription-State: active;expires=600")
	presence := s.wait("SUBSCRIBE sip:118@")
	if presence.header("Event") != "presence" {
		t.Errorf("%+v", presence)
	}
	s.reply(presence, "200 OK", "Expires: 600")
	s.ask(presence, "NOTIFY", 2, "Event: presence", "Subscription-State: active", `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:118@example.com"><tuple id="a"><status><basic>open</basic></status></tuple></presence>`)
	d.Until("free", func(s phone.Snapshot) bool { return len(s.Colleagues) == 1 && s.Colleagues[0].State == "free" })
	s.ask(calls, "NOTIFY", 3, "Event: dialog", "Subscription-State: active;expires=600", `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="full" entity="sip:118@example.com"><dialog id="a"><state>confirmed</state></dialog></dialog-info>`)
	d.Until("on a call", func(s phone.Snapshot) bool { return len(s.Colleagues) == 1 && s.Colleagues[0].State == "on-call" })
	d.Stop()
}

func TestStoryDigitsByInfo(t *testing.T) {
	s, d := scripted(t, "")
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	inv := s.wait("INVITE")
	s.reply(inv, "200 OK", "Allow: INVITE, ACK, BYE, INFO", sound(1, false))
	s.wait("ACK")
	d.Phase(call.Active)
	d.Do(phone.Command{Do: phone.Digits, Digits: "4#"})
	for _, digit := range []string{"4", "#"} {
		info := s.wait("INFO")
		if info.body != "Signal="+digit+"\r\nDuration=160\r\n" {
			t.Errorf("%+v", info)
		}
		s.reply(info, "200 OK")
	}
	s.ask(inv, "BYE", 2)
	s.wait("SIP/2.0 200")
	if last := d.Idle().Last; last.Sent != "4#" {
		t.Errorf("%+v", last)
	}
	d.Stop()
}

func TestStoryPBXLetsThePhoneAnswer(t *testing.T) {
	s, d := scripted(t, "auto_answer_headers = true\n")
	in := heard{lines: []string{
		"Contact: <sip:1001@" + s.to.String() + ">", "From: <sip:1001@" + s.addr() + ">", "To: <sip:+12025550143@" + s.addr() + ">", "Call-ID: in-1",
	}}
	s.ask(in, "INVITE", 1, "Require: 100rel", "Supported: 100rel, timer", "Session-Expires: 600", "Call-Info: <sip:x>;answer-after=0",
		"Diversion: <sip:+12025550123@example.com>;reason=no-answer", sound(1, true))
	ringing := s.wait("SIP/2.0 180")
	s.wait("SIP/2.0 200")
	in.lines[1] = "From: " + ringing.header("To")
	s.ask(in, "PRACK", 2, "RAck: "+ringing.header("RSeq")+" 1 INVITE")
	s.ask(in, "ACK", 1)
	if snap := d.Phase(call.Active); snap.Calls[0].Detour() != "for (202) 555-0123" || snap.Calls[0].Remote.Number != "+12025550143" {
		t.Errorf("%+v", snap.Calls[0])
	}
	s.ask(in, "BYE", 3)
	d.Idle()
	d.Stop()
}
