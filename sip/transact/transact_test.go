package transact

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestMain(m *testing.M) {
	sipmsg.Timer_1xx = time.Hour
	m.Run()
}

// wire is a way that keeps what was sent, and lets a test answer at once.
type wire struct {
	reliable bool
	answer   func(sent string)

	mu   sync.Mutex
	sent []string
}

func (w *wire) Reliable() bool { return w.reliable }

func (w *wire) Send(b []byte) error {
	w.mu.Lock()
	w.sent = append(w.sent, string(b))
	w.mu.Unlock()
	if w.answer != nil {
		w.answer(string(b))
	}
	return nil
}

// lines are the first lines of what was sent.
func (w *wire) lines() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, m := range w.sent {
		line, _, _ := strings.Cut(m, "\r\n")
		out = append(out, strings.TrimSuffix(strings.TrimPrefix(line, "SIP/2.0 "), " SIP/2.0"))
	}
	return out
}

func (w *wire) want(t *testing.T, want ...string) {
	t.Helper()
	if got := w.lines(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// listener is a core that writes down what it is told, and answers as it is told to.
type listener struct {
	mu     sync.Mutex
	heard  []string
	answer int // with what requests are answered; 0: not
}

func (l *listener) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, fmt.Sprintf(format, args...))
}

func (l *listener) told() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

func (l *listener) want(t *testing.T, want ...string) {
	t.Helper()
	if got := l.told(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

func (l *listener) core() Core {
	took := func(kind string) func(*sipmsg.Request, *sipmsg.ServerTx) {
		return func(req *sipmsg.Request, tx *sipmsg.ServerTx) {
			l.note("%s %s %s", kind, req.Method, req.CSeq().Value())
			if l.answer != 0 {
				tx.Respond(sipmsg.NewResponseFromRequest(req, l.answer, "Scripted", nil))
			}
		}
	}
	return Core{
		Invite: took("new"), Request: took("other"), Tag: func() string { return "ours" },
		Ack:       func(req *sipmsg.Request) { l.note("ack %s", req.CSeq().Value()) },
		Cancelled: func(tx *sipmsg.ServerTx, _ *sipmsg.Request) { l.note("cancelled %s", tx.Origin().CSeq().Value()) },
	}
}

// outcome writes down what becomes of a request.
func (l *listener) outcome() Outcome {
	return Outcome{
		Response: func(res *sipmsg.Response) { l.note("response %d", res.StatusCode) },
		Again:    func(res *sipmsg.Response) { l.note("again %d", res.StatusCode) },
		Over:     func(err error) { l.note("over %v", err) },
	}
}

func request(t testing.TB, method string, seq int, branch, toTag string) *sipmsg.Request {
	t.Helper()
	msg, err := sipmsg.ParseMessage([]byte(strings.ReplaceAll(fmt.Sprintf(`%s sip:1001@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:9;branch=%s
Max-Forwards: 70
From: <sip:2@example.com>;tag=far
To: <sip:1001@example.com>%s
Call-ID: call
CSeq: %d %s
Content-Length: 0

`, method, branch, toTag, seq, method), "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	req := msg.(*sipmsg.Request)
	req.SetSource("127.0.0.1:9")
	return req
}

func response(to *sipmsg.Request, status int) *sipmsg.Response {
	res := sipmsg.NewResponseFromRequest(to, status, "Scripted", nil)
	res.To().Params.Add("tag", "far")
	return res
}

// TestOrder: what came first is told first, whatever it is.
func TestOrder(t *testing.T) {
	var l listener
	table, w := New(l.core()), &wire{}
	defer table.Close()
	var want []string
	for i := range 300 {
		method := []string{"NOTIFY", "INVITE", "ACK", "INFO", "BYE"}[i%5]
		table.Receive(request(t, method, i, fmt.Sprint("z9hG4bK", i), ";tag=ours"), w)
		want = append(want, map[bool]string{true: fmt.Sprintf("ack %d ACK", i), false: fmt.Sprintf("other %s %d %s", method, i, method)}[method == "ACK"])
	}
	l.want(t, want...)
}

// TestAnswerWhileSending: a far end on this computer answers before the request's timers stand. They must not run on: a phone that
// rings for a minute is no server that does not answer.
func TestAnswerWhileSending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l listener
		table := New(l.core())
		defer table.Close()
		req := request(t, "INVITE", 1, "z9hG4bKa", "")
		w := &wire{}
		w.answer = func(sent string) {
			if strings.HasPrefix(sent, "INVITE") {
				go table.Receive(response(req, 180), w)
				for range 100 {
					runtime.Gosched()
				}
			}
		}
		if _, err := table.Request(req, w, l.outcome()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		l.want(t, "response 180")
		table.Receive(response(req, 200), w)
		table.Receive(response(req, 200), w)
		l.want(t, "response 180", "response 200", "again 200")
		w.want(t, "INVITE sip:1001@127.0.0.1")
	})
}

// TestFinalResponseIsTheEnd: over a connection the transaction ends with the response; nobody must hear that it failed.
func TestFinalResponseIsTheEnd(t *testing.T) {
	for i := range 500 {
		var l listener
		table := New(l.core())
		w := &wire{reliable: true}
		req := request(t, "OPTIONS", 1, fmt.Sprint("z9hG4bK", i), "")
		if _, err := table.Request(req, w, l.outcome()); err != nil {
			t.Fatal(err)
		}
		table.Receive(response(req, 200), w)
		table.Close()
		l.want(t, "response 200")
	}
}

// TestRefusalAgain: the ACK of a refusal got lost. It is sent again at once, and what comes behind does not wait.
func TestRefusalAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l listener
		table, w := New(l.core()), &wire{}
		defer table.Close()
		req := request(t, "INVITE", 1, "z9hG4bKa", "")
		if _, err := table.Request(req, w, l.outcome()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		table.Receive(response(req, 486), w)
		table.Receive(response(req, 486), w)
		table.Receive(request(t, "OPTIONS", 1, "z9hG4bKb", ""), w)
		w.want(t, "INVITE sip:1001@127.0.0.1", "ACK sip:1001@127.0.0.1", "ACK sip:1001@127.0.0.1")
		l.want(t, "response 486", "other OPTIONS 1 OPTIONS")
		if time.Since(begun) != 0 {
			t.Errorf("it took %v", time.Since(begun))
		}
	})
}

func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l listener
		table, w := New(l.core()), &wire{}
		defer table.Close()
		if _, err := table.Request(request(t, "OPTIONS", 1, "z9hG4bKa", ""), w, l.outcome()); err != nil {
			t.Fatal(err)
		}
		stop, err := table.Request(request(t, "OPTIONS", 2, "z9hG4bKb", ""), w, l.outcome())
		if err != nil {
			t.Fatal(err)
		}
		stop()
		time.Sleep(time.Minute)
		if told := l.told(); len(told) != 1 || !strings.Contains(told[0], "timeout") {
			t.Errorf("told %q", told)
		}
		if n := len(w.lines()); n != 12 { // 11 times the first (RFC 3261 §17.1.2.2), once the other
			t.Errorf("%d sent", n)
		}
	})
}

// TestLostWay: what went over a connection ends with it, and nothing else.
func TestLostWay(t *testing.T) {
	var l, other listener
	table, gone, stays := New(l.core()), &wire{reliable: true}, &wire{reliable: true}
	first, second := request(t, "INVITE", 1, "z9hG4bKa", ""), request(t, "INVITE", 2, "z9hG4bKb", "")
	if _, err := table.Request(first, gone, l.outcome()); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Request(second, stays, other.outcome()); err != nil {
		t.Fatal(err)
	}
	table.Receive(request(t, "INVITE", 9, "z9hG4bKc", ""), gone)
	table.Lost(gone, errors.New("unplugged"))
	table.Receive(response(second, 200), stays)
	l.want(t, "new INVITE 9 INVITE", "over unplugged")
	other.want(t, "response 200")
	table.Close()
	if len(table.clients)+len(table.servers) != 0 {
		t.Errorf("%d and %d are left", len(table.clients), len(table.servers))
	}
	if _, err := table.Request(request(t, "OPTIONS", 3, "z9hG4bKd", ""), stays, l.outcome()); err == nil {
		t.Error("a closed table takes requests")
	}
	table.Receive(request(t, "OPTIONS", 4, "z9hG4bKe", ""), stays)
	l.want(t, "new INVITE 9 INVITE", "over unplugged")
}

// TestCancel: both are answered with the tag that the INVITE was given, and the refusal's ACK is nobody else's business.
func TestCancel(t *testing.T) {
	var l listener
	table, w := New(l.core()), &wire{}
	defer table.Close()
	table.Receive(request(t, "INVITE", 1, "z9hG4bKa", ""), w)
	table.Receive(request(t, "CANCEL", 1, "z9hG4bKa", ""), w)
	table.Receive(request(t, "ACK", 1, "z9hG4bKa", ";tag=ours"), w)
	table.Receive(request(t, "CANCEL", 1, "z9hG4bKb", ""), w)
	l.want(t, "new INVITE 1 INVITE", "cancelled 1 INVITE")
	w.want(t, "200 OK", "487 Request Terminated", "481 Call/Transaction Does Not Exist")
	if len(table.servers) != 1 {
		t.Errorf("%d transactions", len(table.servers))
	}
	for _, m := range w.sent[:2] {
		if !strings.Contains(m, "To: <sip:1001@example.com>;tag=ours\r\n") {
			t.Errorf("%s", m)
		}
	}
}

// TestMatching: which transaction a request belongs to (RFC 3261 §17.2.3).
func TestMatching(t *testing.T) {
	type in struct {
		method string
		seq    int
		branch string
	}
	const refused = "486 Scripted"
	for name, c := range map[string]struct {
		answer     int
		in         []in
		told, sent []string
	}{
		"what comes again is told once, and answered as before": {
			486, []in{{"INVITE", 1, "z9hG4bKa"}, {"INVITE", 1, "z9hG4bKa"}, {"INVITE", 1, "z9hG4bKa"}, {"ACK", 1, "z9hG4bKa"}},
			[]string{"new INVITE 1 INVITE"}, []string{refused, refused, refused},
		},
		"the ACK of a 2xx is told, whatever its branch": {
			200, []in{{"INVITE", 1, "z9hG4bKa"}, {"ACK", 1, "z9hG4bKa"}, {"ACK", 1, "z9hG4bKb"}},
			[]string{"new INVITE 1 INVITE", "ack 1 ACK", "ack 1 ACK"}, []string{"200 Scripted"},
		},
		"without the cookie of RFC 3261 more tells requests apart": {
			486, []in{{"INVITE", 1, "1"}, {"INVITE", 1, "1"}, {"ACK", 1, "1"}, {"INVITE", 2, "1"}},
			[]string{"new INVITE 1 INVITE", "new INVITE 2 INVITE"}, []string{refused, refused, refused},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := listener{answer: c.answer}
			table, w := New(l.core()), &wire{}
			defer table.Close()
			for _, i := range c.in {
				tag := map[bool]string{true: ";tag=ours"}[i.method == "ACK"]
				table.Receive(request(t, i.method, i.seq, i.branch, tag), w)
			}
			l.want(t, c.told...)
			w.want(t, c.sent...)
		})
	}
}

// TestTooLarge: what no datagram can carry is an error, over a connection it is none.
func TestTooLarge(t *testing.T) {
	var l listener
	table := New(l.core())
	defer table.Close()
	for reliable, want := range map[bool]error{false: ErrTooLarge, true: nil} {
		req := request(t, "INFO", 1, fmt.Sprint("z9hG4bK", reliable), "")
		req.SetBody(make([]byte, MaxDatagram))
		if _, err := table.Request(req, &wire{reliable: reliable}, l.outcome()); !errors.Is(err, want) {
			t.Errorf("reliable %v: %v, want %v", reliable, err, want)
		}
	}
}

// TestLastWord: a final response stays what is said, whatever comes too late; only a 2xx may follow a 2xx.
func TestLastWord(t *testing.T) {
	var l listener
	table, w := New(l.core()), &wire{}
	defer table.Close()
	var tx *sipmsg.ServerTx
	table.core.Invite = func(_ *sipmsg.Request, x *sipmsg.ServerTx) { tx = x }
	invite := func() { table.Receive(request(t, "INVITE", 1, "z9hG4bKa", ""), w) }
	invite()
	table.Receive(request(t, "CANCEL", 1, "z9hG4bKa", ""), w)
	for _, late := range []int{100, 180, 200, 486} {
		tx.Respond(sipmsg.NewResponseFromRequest(tx.Origin(), late, "Late", nil))
		invite()
	}
	for _, line := range w.lines()[1:] {
		if line != "487 Request Terminated" {
			t.Errorf("%q", w.lines())
		}
	}
}

// TestFloodIsBounded: whatever comes, no more than mostOpen requests of one crowd are kept. INVITEs are refused then, what is answered at
// once gives place to what is new, a call that is on is heard all the same, and the room is there again later.
func TestFloodIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := listener{answer: 486}
		c := l.core()
		c.Known = func(id string) bool { return id == "on" }
		table, w := New(c), &wire{}
		defer table.Close()
		as := func(req *sipmsg.Request, callID string) *sipmsg.Request {
			id := sipmsg.CallIDHeader(callID)
			req.ReplaceHeader(&id)
			return req
		}
		const many = 5000
		for i := range many {
			table.Receive(request(t, "INVITE", 1, fmt.Sprint("z9hG4bKnew", i), ""), w)
			table.Receive(request(t, "OPTIONS", 1, fmt.Sprint("z9hG4bKopt", i), ""), w)
			table.Receive(request(t, "BYE", 2, fmt.Sprint("z9hG4bKin", i), ";tag=guess"), w)
		}
		if kept := len(table.servers); kept != 3*mostOpen {
			t.Errorf("%d of %d are kept, want %d", kept, 3*many, 3*mostOpen)
		}
		counts := map[string]int{}
		for _, line := range w.lines() {
			counts[line]++
		}
		if counts["486 Scripted"] != mostOpen+2*many || counts["503 Service Unavailable"] != many-mostOpen {
			t.Errorf("%v", counts)
		}
		before := len(l.told())
		table.Receive(as(request(t, "INFO", 3, "z9hG4bKon", ";tag=ours"), "on"), w)
		if got := l.told()[before:]; !slices.Equal(got, []string{"other INFO 3 INFO"}) {
			t.Errorf("of the call that is on came %q", got)
		}
		for i := range many {
			table.Receive(as(request(t, "INFO", 4+i, fmt.Sprint("z9hG4bKon", i), ";tag=ours"), "on"), w)
		}
		if kept := len(table.servers); kept != 4*mostOpen {
			t.Errorf("%d are kept, want %d", kept, 4*mostOpen)
		}
		refusal := func() string {
			table.Receive(request(t, "INVITE", 1, "z9hG4bKagain", ""), w)
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.sent[len(w.sent)-1]
		}
		if first := refusal(); first != refusal() || !strings.Contains(first, ";tag=") || strings.Contains(first, "Retry-After") {
			t.Errorf("%s", first)
		}
		time.Sleep(64*500*time.Millisecond + time.Second)
		synctest.Wait()
		if len(table.servers)+len(table.crowds) > 0 {
			t.Errorf("%d are still kept, %v", len(table.servers), table.crowds)
		}
		before = len(l.told())
		table.Receive(request(t, "INVITE", 1, "z9hG4bKlater", ""), w)
		if len(l.told()) != before+1 {
			t.Error("there is no room later")
		}
	})
}

// TestRoomWhereNothingIsAnswered: who waits for an answer is not pushed out. What begins a call, and what ends one or confirms its
// ringing, has its place all the same; one that comes again is no second one.
func TestRoomWhereNothingIsAnswered(t *testing.T) {
	var l listener
	c := l.core()
	c.Known = func(id string) bool { return id == "call" }
	table, w := New(c), &wire{}
	defer table.Close()
	receive := func(method string, seq int, branch, tag string) bool {
		before := len(l.told())
		table.Receive(request(t, method, seq, branch, tag), w)
		return len(l.told()) > before
	}
	for i := range mostOpen {
		for method, tag := range map[string]string{"OPTIONS": "", "INFO": ";tag=ours"} {
			if !receive(method, i+1, fmt.Sprint("z9hG4bK", method, i), tag) {
				t.Fatalf("%s %d was not taken", method, i)
			}
		}
	}
	for _, c := range []struct {
		method, tag string
		want        bool
	}{
		{"OPTIONS", "", false}, {"INFO", ";tag=ours", false}, {"UPDATE", ";tag=ours", false},
		{"INVITE", "", true}, {"PRACK", ";tag=ours", true}, {"BYE", ";tag=ours", true}, {"BYE", ";tag=ours", false},
	} {
		if got := receive(c.method, 1000, "z9hG4bKlast"+c.method, c.tag); got != c.want {
			t.Errorf("%s%s is taken: %v, want %v", c.method, c.tag, got, c.want)
		}
	}
	if kept := len(table.servers); kept != 2*mostOpen+3 {
		t.Errorf("%d are kept", kept)
	}
}
