package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/exchange"
	"sidetone/internal/pbx"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// cruel is an exchange that can be told to do wrong, and a phone registered with it.
type cruel struct {
	*pbx.Server
	t *testing.T
	d *peers.Phone

	mu  sync.Mutex
	log []pbx.Entry
}

// newCruel starts both. They run beside those of other tests: what is waited for mostly is time.
func newCruel(t *testing.T, transport string, c pbx.Config) *cruel {
	t.Helper()
	t.Parallel()
	x := &cruel{t: t}
	c.Log = func(e pbx.Entry) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.log = append(x.log, e)
	}
	x.Server = exchange.StartWith(t, c)
	x.d = startDaemon(t, x.Addr().String(), "transport = \""+transport+"\"", "--audio-in", "silence", "--audio-out", "null")
	x.d.Ready()
	return x
}

// suffer makes something go wrong.
func (x *cruel) suffer(f pbx.Fault) {
	x.t.Helper()
	if err := x.Break(f); err != nil {
		x.t.Fatal(err)
	}
}

// heard are the requests of a method that came in so far, repetitions included.
func (x *cruel) heard(method string) (out []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, e := range x.log {
		if e.Inbound && strings.HasPrefix(e.Message, method+" ") {
			out = append(out, e.Message)
		}
	}
	return out
}

// backAfter reports whether the phone speaks over a new connection after so many messages that no connection survives.
func (x *cruel) backAfter(huge int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	last := ""
	for _, e := range x.log {
		switch {
		case !e.Inbound && len(e.Message) > 50000:
			huge--
			last = fmt.Sprint(e.Peer)
		case e.Inbound && huge == 0 && fmt.Sprint(e.Peer) != last:
			return true
		}
	}
	return false
}

// dials calls a number as soon as the phone takes it: the line may be coming back.
func (x *cruel) dials(number string) {
	x.t.Helper()
	taken := func() bool {
		c := x.d.Client()
		defer c.Close()
		_, err := c.Ask(control.Request{Command: phone.Command{Do: phone.Dial, Number: number}})
		return err == nil
	}
	if !waitFor(taken) {
		x.t.Fatal("no call goes out any more")
	}
}

// dialled calls a number and waits for the call and its far end.
func (x *cruel) dialled(number string, nth int) *pbx.Leg {
	x.t.Helper()
	x.d.Do(phone.Command{Do: phone.Dial, Number: number})
	x.d.Phase(call.Active)
	leg, err := x.WaitLeg(soon(x.t), nth)
	if err != nil {
		x.t.Fatal(err)
	}
	if err := leg.Wait(soon(x.t), pbx.Established); err != nil {
		x.t.Error(err)
	}
	return leg
}

// only hangs the one call up and fails if there were more, here or at the exchange.
func (x *cruel) only(legs int) {
	x.t.Helper()
	if n := len(x.Legs()); n != legs {
		x.t.Errorf("the exchange had %d conversations, want %d", n, legs)
	}
	if n := len(x.d.Now().Calls); n != 1 {
		x.t.Errorf("the phone shows %d calls", n)
	}
	x.d.Do(phone.Command{Do: phone.Hangup})
	if s := x.d.Idle(); s.Records != 1 {
		x.t.Errorf("%d calls in the journal", s.Records)
	}
	for _, l := range x.Legs() {
		if err := l.Wait(soon(x.t), pbx.Over); err != nil {
			x.t.Error(err)
		}
	}
}

func (x *cruel) told(what string, ok func(phone.Snapshot) bool) phone.Snapshot {
	x.t.Helper()
	s, err := x.d.Look(time.Minute, ok)
	if err != nil {
		x.t.Fatalf("never %s: %v, %+v", what, err, s.Accounts)
	}
	return s
}

func unavailable(s phone.Snapshot) bool { return s.Presence.Status == presence.Unavailable }
func available(s phone.Snapshot) bool   { return s.Presence.Status == presence.Available }

func TestRestartIsToldAndOvercome(t *testing.T) {
	x := newCruel(t, "tcp", pbx.Config{})
	x.suffer(pbx.Fault{Name: pbx.Restart, After: 14 * time.Second})
	x.d.Line(call.LineUnreachable)
	s := x.told("told the status", unavailable)
	if s.Presence.Why == "" || len(s.Warnings) == 0 {
		t.Errorf("the agent is not told: %+v %+v", s.Presence, s.Warnings)
	}
	x.told("back", func(s phone.Snapshot) bool { return available(s) && s.Accounts[0].Line.State == call.LineReady })
	if !x.Registered(exchange.User) {
		t.Error("it says it is registered and is not")
	}
	x.d.Stop()
}

func TestServerFallsSilent(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	x.suffer(pbx.Fault{Name: pbx.Silent})
	x.told("told the status", unavailable)
	x.suffer(pbx.Fault{Name: pbx.Mend})
	x.told("back", func(s phone.Snapshot) bool { return available(s) && s.Accounts[0].Line.State == call.LineReady })
	x.d.Stop()
}

func TestLostRegistrationComesBack(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{MaxExpires: 6})
	x.suffer(pbx.Fault{Name: pbx.Forget})
	if x.Registered(exchange.User) {
		t.Fatal("still registered")
	}
	if err := x.WaitRegistered(soon(t), exchange.User, true); err != nil {
		t.Error(err)
	}
	x.d.Stop()
}

// TestForgottenForLong: the server keeps registrations for an hour, loses them, and answers on. The phone asks whether it is known.
func TestForgottenForLong(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	asked := func() bool {
		return slices.ContainsFunc(x.heard("REGISTER"), func(m string) bool { return !strings.Contains(m, "\r\nContact:") })
	}
	known := false
	for range 4 { // the first time it asks is after twenty seconds
		known = known || waitFor(asked)
	}
	if !known {
		t.Fatal("the server was not asked")
	}
	x.suffer(pbx.Fault{Name: pbx.Forget})
	late, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := x.WaitRegistered(late, exchange.User, true); err != nil {
		t.Error(err)
	}
	x.d.Stop()
}

func TestProofs(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	again := func() []string {
		t.Helper()
		before := len(x.heard("REGISTER"))
		x.d.Do(phone.Command{Do: phone.Reregister})
		if !waitFor(func() bool { return len(x.heard("REGISTER")) > before }) {
			t.Fatal("no REGISTER")
		}
		x.d.Ready()
		time.Sleep(300 * time.Millisecond) // a second request would be on its way
		return x.heard("REGISTER")[before:]
	}
	if got := again(); len(got) != 1 || !strings.Contains(got[0], "nc=00000002") {
		t.Errorf("the nonce was not used again: %d requests", len(got))
	}
	x.suffer(pbx.Fault{Name: pbx.ExpireNonces})
	if got := again(); len(got) != 2 || !strings.Contains(got[1], "nc=00000001") {
		t.Errorf("a stale nonce took %d requests", len(got))
	}
	x.suffer(pbx.Fault{Name: pbx.Challenge, Times: 1})
	if got := again(); len(got) != 2 {
		t.Errorf("a second challenge took %d requests", len(got))
	}
	x.suffer(pbx.Fault{Name: pbx.ExpireNonces})
	x.suffer(pbx.Fault{Name: pbx.Challenge, Method: "INVITE", Times: 1})
	x.dialled("9196", 0)
	x.only(1)
	x.d.Stop()
}

func TestRefusedRegistrations(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	x.suffer(pbx.Fault{Name: pbx.Refuse, Method: "REGISTER", Status: 423, After: 1000 * time.Second, Times: 1})
	x.d.Do(phone.Command{Do: phone.Reregister})
	if !waitFor(func() bool {
		return slices.ContainsFunc(x.heard("REGISTER"), func(m string) bool { return strings.Contains(m, "1000") })
	}) {
		t.Error("it never asked for as long as the server wants")
	}
	x.d.Ready()

	x.suffer(pbx.Fault{Name: pbx.Refuse, Method: "REGISTER", Status: 503, After: 3 * time.Second, Times: 1})
	x.d.Do(phone.Command{Do: phone.Reregister})
	began := time.Now()
	if s := x.d.Line(call.LineUnreachable); time.Until(s.Accounts[0].Line.Retry) < time.Second {
		t.Errorf("it is tried again in %s, though the server asked for 3 s", time.Until(s.Accounts[0].Line.Retry))
	}
	x.d.Ready()
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("it was tried again after %s", took)
	}

	x.suffer(pbx.Fault{Name: pbx.Refuse, Method: "REGISTER", Status: 403, Times: 1})
	x.d.Do(phone.Command{Do: phone.Reregister})
	if s := x.d.Line(call.LineRefused); s.Accounts[0].Line.Detail == "" || time.Until(s.Accounts[0].Line.Retry) < 20*time.Second {
		t.Errorf("%+v", s.Accounts[0].Line) // it was good before: it is asked again, but not at once
	}
	x.d.Do(phone.Command{Do: phone.Reregister})
	x.d.Ready()
	x.d.Stop()
}

func TestWhatIsLostIsSaidAgainOnce(t *testing.T) {
	for _, f := range []pbx.Fault{
		{Name: pbx.Lose, Method: "INVITE", Times: 2},
		{Name: pbx.LoseAnswers, Method: "INVITE", Times: 3},
		{Name: pbx.Delay, Method: "INVITE", After: 2 * time.Second},
		{Name: pbx.Duplicate},
		{Name: pbx.WrongVia, Method: "INVITE", Times: 2},
		{Name: pbx.Lose, Method: "ACK", Times: 2},
	} {
		t.Run(f.Name+f.Method, func(t *testing.T) {
			x := newCruel(t, "udp", pbx.Config{})
			x.suffer(f)
			x.dialled("9101", 0)
			x.only(1)
			x.d.Stop()
		})
	}
}

func TestCallThatArrivesTwice(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	x.suffer(pbx.Fault{Name: pbx.Duplicate})
	leg, err := x.CallUser(t.Context(), pbx.CallOptions{User: exchange.User})
	if err != nil {
		t.Fatal(err)
	}
	x.d.Phase(call.Offered)
	x.d.Do(phone.Command{Do: phone.Answer})
	if err := leg.Wait(soon(t), pbx.Established); err != nil {
		t.Error(err)
	}
	x.d.Phase(call.Active)
	x.only(1)
	x.d.Stop()
}

func TestTwoPhonesAnswer(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	x.suffer(pbx.Fault{Name: pbx.Fork, Times: 1})
	x.d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	x.d.Phase(call.Active)
	if _, err := x.WaitLeg(soon(t), 1); err != nil {
		t.Fatal(err)
	}
	over := func() (n int) {
		for _, l := range x.Legs() {
			if l.State() == pbx.Over {
				n++
			}
		}
		return n
	}
	if !waitFor(func() bool { return over() == 1 }) {
		t.Errorf("%d of the two were hung up", over())
	}
	x.only(2)
	x.d.Stop()
}

// waitFor polls what no snapshot tells.
func waitFor(ok func() bool) bool {
	for range 500 {
		if ok() {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func TestConnectionResetInACall(t *testing.T) {
	x := newCruel(t, "tcp", pbx.Config{})
	leg := x.dialled("9101", 0)
	x.suffer(pbx.Fault{Name: pbx.Reset})
	before := len(x.heard("REGISTER"))
	if !waitFor(func() bool { return len(x.heard("REGISTER")) > before }) {
		t.Error("no REGISTER over a new connection")
	}
	x.d.Ready()
	if leg.State() != pbx.Established {
		t.Error("the call did not survive")
	}
	x.only(1)
	x.d.Stop()
}

func TestEarlySound(t *testing.T) {
	x := newCruel(t, "udp", pbx.Config{})
	x.suffer(pbx.Fault{Name: pbx.Early, Times: 1})
	x.d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	x.d.Call("early media", func(c call.Call) bool { return c.EarlyMedia && c.Phase < call.Active })
	x.d.Phase(call.Active)
	x.only(1)
	x.d.Stop()
}

// TestHugeMessages: over UDP what cannot be read is told again, over TCP it ends the connection and perhaps the call; the phone
// is there for the next one.
func TestHugeMessages(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			x := newCruel(t, transport, pbx.Config{})
			x.suffer(pbx.Fault{Name: pbx.Huge, Times: 2})
			x.dials("9196")
			s := x.told("answered or over", func(s phone.Snapshot) bool {
				return len(s.Calls) == 1 && s.Calls[0].Phase == call.Active || s.Last != nil
			})
			if len(s.Calls) == 1 {
				x.d.Do(phone.Command{Do: phone.Hangup})
			}
			x.d.Idle()
			if transport == "tcp" && !waitFor(func() bool { return x.backAfter(2) }) {
				t.Fatal("the phone did not come back")
			}
			x.suffer(pbx.Fault{Name: pbx.Mend})
			x.d.Ready()
			x.d.Do(phone.Command{Do: phone.Dial, Number: "9196"})
			x.d.Phase(call.Active)
			x.d.Do(phone.Command{Do: phone.Hangup})
			x.d.Until("idle", func(s phone.Snapshot) bool { return len(s.Calls) == 0 })
			x.d.Stop()
		})
	}
}

// TestServerMoves has the server come back at another port: the DNS says which.
func TestServerMoves(t *testing.T) {
	t.Parallel()
	server := exchange.Start(t)
	names := nameServer(t, "tcp", func() []string { return []string{server.Addr().String()} })
	d := startWith(t, exchange.Password, "example.test", "transport = \"tcp\"\n[sip]\ndns = \""+names+"\"\n", "--audio-in", "silence", "--audio-out", "null")
	d.Ready()
	_, before, _ := net.SplitHostPort(server.Addr().String())
	if err := server.Break(pbx.Fault{Name: pbx.Forget}); err != nil {
		t.Fatal(err)
	}
	if err := server.Break(pbx.Fault{Name: pbx.Move}); err != nil {
		t.Fatal(err)
	}
	if _, now, _ := net.SplitHostPort(server.Addr().String()); now == before {
		t.Fatal("the server did not move")
	}
	if err := server.WaitRegistered(soon(t), exchange.User, true); err != nil {
		t.Error(err)
	}
	d.Ready()
	d.Stop()
}
