package sip

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/tidy"
)

// ether is a net of two: the phone's socket and the script's. It lives in a bubble of its own, with its own time.
type ether struct {
	toPhone, toScript chan []byte
	closed            chan struct{}
	once              sync.Once
}

func (e *ether) listen(string, *net.UDPAddr) (net.PacketConn, error) { return e, nil }

func (e *ether) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case m := <-e.toPhone:
		return copy(b, m), e.far(), nil
	case <-e.closed:
		return 0, nil, net.ErrClosed
	}
}

func (e *ether) WriteTo(b []byte, _ net.Addr) (int, error) {
	select {
	case e.toScript <- bytes.Clone(b):
	default: // a net may lose
	}
	return len(b), nil
}

func (e *ether) far() *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1).To4(), Port: 5060} }

func (e *ether) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1).To4(), Port: 5070}
}
func (e *ether) Close() error                     { e.once.Do(func() { close(e.closed) }); return nil }
func (e *ether) SetDeadline(time.Time) error      { return nil }
func (e *ether) SetReadDeadline(time.Time) error  { return nil }
func (e *ether) SetWriteDeadline(time.Time) error { return nil }

// play is a phone in a call, and a script that talks to it.
type play struct {
	t      *testing.T
	u      *UA
	net    *ether
	script []byte

	begun map[call.ID]bool // calls that were told of or asked for
	ended map[call.ID]int
	id    call.ID // the call the agent is in

	last    map[string]*sipmsg.Request // of the phone, by method
	refused map[string]bool            // INVITEs of the phone, by branch
	callID  string                     // of the dialog
	ours    string                     // the phone's end, as From or To has it
	theirs  string
	seq     int
	branch  int
	step    int // of the plain story
}

// FuzzLive plays a dialog with the phone in which anything may happen: messages out of order, bent, twice, never. However it goes,
// nothing panics, every call ends once, and in the end nothing is left of it.
func FuzzLive(f *testing.F) {
	f.Add([]byte("\x00aaaaaaaaaaaa"))
	f.Add([]byte("\x01aaaaaaaaaaaa"))
	for seed := range byte(40) {
		f.Add([]byte{seed, 'a', 'a', 'b', seed, 1, 'a', 'c', seed, 40, 7, 9, 'a', 'd', seed, 80, 1, 3, 'a', 'e', seed, 'f', seed, 'a', 'a', 'b', 0, 0, 'a'})
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 400 {
			return
		}
		synctest.Test(t, func(t *testing.T) { playOut(t, script) })
	})
}

// TestLive plays as many random scripts as SIDETONE_PLAYS says, 300 if it says nothing.
func TestLive(t *testing.T) {
	n := 300
	fmt.Sscan(os.Getenv("SIDETONE_PLAYS"), &n)
	for i := range n {
		script := make([]byte, 20+i%180)
		x := uint64(i)*2654435761 + 1
		for k := range script {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			script[k] = byte(x >> 24)
		}
		synctest.Test(t, func(t *testing.T) { playOut(t, script) })
		if t.Failed() {
			t.Fatalf("script %q", script)
		}
	}
}

func playOut(t *testing.T, script []byte) {
	p := &play{
		t: t, script: script, net: &ether{make(chan []byte, 1000), make(chan []byte, 1000), make(chan struct{}), sync.Once{}},
		begun: map[call.ID]bool{}, ended: map[call.ID]int{}, last: map[string]*sipmsg.Request{}, refused: map[string]bool{},
	}
	p.u = New(Config{Local: netip.MustParseAddr("127.0.0.1"), Port: 5070, T1: testT1}, p.news)
	p.u.listen = p.net.listen
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.u.Run(ctx) }()
	p.u.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:1001@127.0.0.1:5060"}}})
	p.hear()
	p.answer("REGISTER", 200)
	incoming := p.take()%2 == 0
	for len(p.script) > 0 {
		p.act(incoming)
		p.hear()
	}
	p.finish()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// news comes on the owner's goroutine.
func (p *play) news(n call.News) {
	switch n := n.(type) {
	case call.Arrived:
		p.begun[n.ID], p.id = true, n.ID
	case call.Elsewhere:
		p.u.Do(call.Follow{ID: n.ID, On: len(n.Target)%3 > 0})
	case call.Happened:
		if _, over := n.Event.(call.RemoteEnded); over {
			p.ended[n.ID]++
		}
	}
}

// take is the script's next byte, 0 when it is over.
func (p *play) take() byte {
	if len(p.script) == 0 {
		return 0
	}
	b := p.script[0]
	p.script = p.script[1:]
	return b
}

// hear waits until nothing moves any more, and looks at all that the phone has sent: its requests are such as it would take itself.
func (p *play) hear() {
	for {
		synctest.Wait()
		select {
		case raw := <-p.net.toScript:
			p.heard(raw)
		default:
			return
		}
	}
}

func (p *play) heard(raw []byte) {
	v := tidy.Reader{}.Read(raw, netip.MustParseAddrPort("127.0.0.1:5070"))
	if v.Message == nil && !bytes.HasPrefix(raw, []byte("SIP/2.0 ")) { // a response brings back what was wrong with its request
		p.t.Errorf("the phone sent what is no good:\n%s", raw)
	}
	msg, err := sipmsg.ParseMessage(raw)
	if err != nil {
		return
	}
	switch m := msg.(type) {
	case *sipmsg.Request:
		p.last[m.Method.String()] = m
		if m.Method == sipmsg.INVITE && p.callID == "" {
			p.callID, p.ours, p.theirs = m.CallID().Value(), m.From().Value(), m.To().Value()+";tag=far"
		}
	case *sipmsg.Response:
		if m.IsSuccess() && m.CSeq().MethodName == sipmsg.INVITE && m.CallID().Value() == p.callID {
			p.ours = m.To().Value()
		}
	}
}

// act does what the script's next byte says.
func (p *play) act(incoming bool) {
	switch p.take() % 7 {
	case 'a' % 7:
		p.proceed(incoming)
	case 'b' % 7:
		p.send(p.bend(p.request(p.method(), int(int8(p.take()))/8)))
	case 'c' % 7:
		p.respond()
	case 'd' % 7:
		time.Sleep(time.Duration(p.take()) * testT1 / 4)
	case 'e' % 7:
		p.agent(p.take())
	case 'f' % 7:
		n := min(int(p.take()), len(p.script))
		p.send(p.script[:n])
		p.script = p.script[n:]
	default:
		p.send(p.request(p.method(), 1))
	}
}

// proceed goes on with the story as it should be: a call, an offer in it, its end.
func (p *play) proceed(incoming bool) {
	p.step++
	if incoming {
		switch p.step {
		case 1:
			p.callID, p.ours, p.theirs = "live", "<sip:1001@example.com>", "<sip:2@example.com>;tag=far"
			p.send(p.request("INVITE", 1))
		case 2:
			p.u.Do(call.SendRinging{ID: p.id})
		case 3:
			p.u.Do(call.Accept{ID: p.id, SDP: []byte("v=0\r\n")})
		case 4:
			p.send(p.request("ACK", 0))
		case 5:
			p.u.Do(call.Reoffer{ID: p.id, SDP: []byte("v=0\r\n")})
		case 6:
			p.answer("INVITE", 200)
		case 7:
			p.send(p.request("BYE", 1))
		}
		return
	}
	switch p.step {
	case 1:
		p.id = "c1"
		p.begun[p.id] = true
		p.u.Do(call.Invite{ID: p.id, Account: "work", Target: "9100", SDP: []byte("v=0\r\n")})
	case 2, 3:
		p.answer("INVITE", 180+20*(p.step-2))
	case 4:
		p.send(p.request("INVITE", 1))
	case 5:
		p.u.Do(call.AnswerOffer{ID: p.id, SDP: []byte("v=0\r\n")})
	case 6:
		p.send(p.request("ACK", 0))
	case 7:
		p.send(p.request("BYE", 1))
	}
}

// extension is a header field or two that change what a message means; none in every other.
func (p *play) extension() string {
	all := []string{
		"Require: 100rel\r\nRSeq: 7\r\n", "RSeq: 8\r\nRequire: 100rel\r\n", "RAck: 7 1 INVITE\r\n", "Supported: timer, 100rel, replaces\r\n",
		"Session-Expires: 90;refresher=uac\r\nSupported: timer\r\n", "Session-Expires: 90;refresher=uas\r\nRequire: timer\r\n", "Min-SE: 900\r\n",
		"Refer-To: <sip:200@127.0.0.1:5060>\r\n", "Refer-To: <sip:200@127.0.0.1:5060?Replaces=live%3Bto-tag%3Da%3Bfrom-tag%3Dfar>\r\n",
		"Event: refer\r\nSubscription-State: active\r\n", "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n",
		"Replaces: live;to-tag=a;from-tag=far\r\n", "Retry-After: 1\r\n", "Contact: <sip:other@127.0.0.1:5060>\r\n", "Require: nothing\r\n",
		"Record-Route: <sip:127.0.0.1:5060;lr>\r\n", "Alert-Info: <http://127.0.0.1>;info=alert-autoanswer\r\n",
	}
	n := int(p.take())
	if n >= len(all) {
		return ""
	}
	return all[n]
}

func (p *play) method() string {
	return []string{"BYE", "INVITE", "ACK", "CANCEL", "UPDATE", "INFO", "NOTIFY", "OPTIONS", "PRACK", "REFER", "MESSAGE", "REGISTER", "SUBSCRIBE"}[p.take()%13]
}

// request is one of the far end, in the dialog as far as there is one. An ACK or CANCEL has the branch of the request before it now
// and then.
func (p *play) request(method string, more int) []byte {
	p.seq += more
	if more != 0 {
		p.branch++
	}
	body := ""
	if method == "INVITE" || method == "UPDATE" || p.seq%5 == 4 {
		body = "v=0\r\n"
	}
	return fmt.Appendf(nil, "%s sip:1001@127.0.0.1:5070 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK%d;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\n"+
		"Call-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:far@127.0.0.1:5060>\r\n%sContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		method, p.branch, p.theirs, p.ours, p.callID, p.seq, method, p.extension(), len(body), body)
}

// respond answers a request of the phone as the script wants.
func (p *play) respond() {
	method := p.method()
	status := []int{100, 180, 183, 200, 202, 301, 302, 401, 407, 404, 408, 422, 423, 481, 486, 487, 491, 500, 503, 603}[p.take()%20]
	if m := p.response(method, status); m != nil {
		p.send(p.bend(m))
	}
}

func (p *play) answer(method string, status int) {
	if m := p.response(method, status); m != nil {
		p.send(m)
	}
}

func (p *play) response(method string, status int) []byte {
	req := p.last[method]
	if req == nil {
		return nil
	}
	to, body := req.To().Value(), ""
	if !strings.Contains(to, "tag=") && status > 100 {
		to += ";tag=far"
	}
	if method == "INVITE" && status/100 < 3 && status > 100 {
		body = "v=0\r\n"
	}
	return fmt.Appendf(nil, "SIP/2.0 %d X\r\nVia: %s\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %s\r\nContact: <sip:far@127.0.0.1:5060>;expires=300\r\n"+
		"WWW-Authenticate: Digest realm=\"a\", nonce=\"%d\"\r\nProxy-Authenticate: Digest realm=\"a\", nonce=\"%d\"\r\n%sContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		status, req.Via().Value(), req.From().Value(), to, req.CallID().Value(), req.CSeq().Value(), status, status, p.extension(), len(body), body)
}

// bend changes a message in as many places as the script says.
func (p *play) bend(m []byte) []byte {
	for range p.take() % 4 {
		m = bent(m, p.take(), int(p.take()), p.take())
	}
	return m
}

func bent(m []byte, how byte, where int, with byte) []byte {
	lines := bytes.SplitAfter(m, []byte("\n"))
	n := where % len(lines)
	at := where * max(1, len(m)/256) % max(1, len(m))
	switch how % 7 {
	case 0:
		lines[n] = nil
	case 1:
		lines[n] = append(bytes.Clone(lines[n]), lines[n]...)
	case 2:
		k := int(with) % len(lines)
		lines[n], lines[k] = lines[k], lines[n]
	case 3:
		return m[:at]
	case 4:
		return append(append(bytes.Clone(m[:at]), with), m[at:]...)
	case 5:
		if m = bytes.Clone(m); len(m) > 0 {
			m[at] = with
		}
		return m
	case 6:
		return bytes.Replace(m, []byte("tag="), []byte{'t', 'a', 'g', '=', 'a' + with%26}, 1+int(with)%2)
	}
	return bytes.Join(lines, nil)
}

// send puts a message into the net, but the second refusal of one INVITE: to that the library answers after T2, and whoever waits for
// it meanwhile waits at a lock, where a bubble's time stands still.
func (p *play) send(m []byte) {
	tidied := tidy.Reader{}.Read(m, netip.MustParseAddrPort("127.0.0.1:5060")).Message
	if f := regexp.MustCompile(`^SIP/2.0 [3-6](?s:.*?)branch=([^;\s]+)`).FindSubmatch(tidied); f != nil {
		if p.refused[string(f[1])] {
			return
		}
		p.refused[string(f[1])] = true
	}
	select {
	case p.net.toPhone <- bytes.Clone(m):
	default:
	}
	p.hear()
}

// agent is one of the things the phone above may want.
func (p *play) agent(what byte) {
	sdp := []byte("v=0\r\n")
	effects := []call.SignalEffect{
		call.SendRinging{ID: p.id}, call.Accept{ID: p.id, SDP: sdp}, call.Reoffer{ID: p.id, SDP: sdp}, call.AnswerOffer{ID: p.id, SDP: sdp},
		call.RefuseOffer{ID: p.id, Status: 488}, call.End{ID: p.id, Status: 486}, call.SendInfo{ID: p.id, Digits: "1"}, call.Refer{ID: p.id, Target: "200"}, call.Stay{ID: p.id},
		call.Forward{ID: p.id, Target: "200"}, call.WatchNumbers{Account: "work", Numbers: []string{"200"}}, call.Publish{State: "busy"}, call.Reregister{Account: "work"}, call.CheckWay{Slept: what > 127},
		call.Probe{ID: p.id}, call.Probe{ID: p.id, Excused: true}, call.Follow{ID: p.id, On: true}, call.Follow{ID: p.id},
	}
	if p.begun[p.id] && p.ended[p.id] == 0 {
		p.u.Do(effects[int(what)%len(effects)])
	}
}

// finish lets the agent end everything, and the far end be silent or polite, as the script has it; then nothing must be left.
func (p *play) finish() {
	var on []call.ID
	for id := range p.begun {
		if p.ended[id] == 0 {
			on = append(on, id)
		}
	}
	for _, id := range on {
		p.u.Do(call.End{ID: id, Status: 480})
	}
	polite := p.step%2 == 0
	for range 80 {
		p.hear()
		if polite {
			for _, method := range []string{"BYE", "CANCEL", "REGISTER", "OPTIONS"} {
				p.answer(method, 200)
			}
			p.answer("INVITE", 487)
			clear(p.last)
		}
		time.Sleep(8 * testT1)
	}
	p.hear()
	done := make(chan struct{})
	p.u.box.post(func() {
		p.count()
		close(done)
	})
	<-done
}

// count looks at what is left, on the owner's goroutine.
func (p *play) count() {
	if len(p.u.legs)+len(p.u.dialogs)+len(p.u.gate.calls)-len(p.u.subscriptions) > 0 {
		p.t.Errorf("%d legs, %d dialogs and %d calls at the gate are left", len(p.u.legs), len(p.u.dialogs), len(p.u.gate.calls))
	}
	for id := range p.begun {
		if p.ended[id] != 1 {
			p.t.Errorf("the end of call %s was told %d times", id, p.ended[id])
		}
	}
	for id := range p.ended {
		if !p.begun[id] {
			p.t.Errorf("call %s ended and never began", id)
		}
	}
}
