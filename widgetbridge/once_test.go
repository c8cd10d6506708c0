package widgetbridge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	rules "sidetone/internal/number"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

// trunk stands for SIP, sound and disk of a real phone: every call it makes ends at once.
type trunk struct {
	phone   *phone.Phone
	invites chan string
	ended   chan struct{}
}

type (
	trunkSignals struct{ *trunk }
	trunkMedia   struct{ *trunk }
	trunkJournal struct{ *trunk }
)

func (t trunkSignals) Do(e call.SignalEffect) {
	if i, ok := e.(call.Invite); ok {
		t.invites <- i.Target
		t.phone.Sink(call.Happened{ID: i.ID, Event: call.RemoteEnded{Reason: call.Reason{Cause: call.Busy}}})
	}
}

func (t trunkMedia) Do(e call.MediaEffect) {
	if o, ok := e.(call.MakeOffer); ok {
		t.phone.Sink(call.Happened{ID: o.ID, Event: call.LocalSDP{SDP: []byte("offer")}})
	}
}

func (trunkJournal) Begin(calllog.Begun) {}

func (t trunkJournal) Keep(calllog.Entry) {}

func (t trunkJournal) Append(c call.Call, _ *calllog.Entry) {
	t.phone.Sink(call.Recorded{ID: c.ID, Number: 1})
	t.ended <- struct{}{}
}

func newTrunk(t *testing.T) *trunk {
	t.Helper()
	tr := &trunk{phone: phone.New(phone.Times{}, nil), invites: make(chan string, 10000), ended: make(chan struct{}, 10000)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- tr.phone.Run(ctx, phone.Ports{Signaling: trunkSignals{tr}, Media: trunkMedia{tr}, Journal: trunkJournal{tr}})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	tr.phone.Report(phone.UseRules{Rules: rules.Rules{Extensions: []string{"20000-29999"}}})
	tr.phone.Report(phone.UseAccounts{Accounts: []call.Account{{ID: "main", Address: "sip:1001@127.0.0.1"}}})
	tr.phone.Sink(call.Registered{Account: "main", Line: call.Line{State: call.LineReady}})
	return tr
}

// tab is a Kustomer tab as the widget behaves: a click that has no result yet is said again after a lost connection.
type tab struct {
	*page
	house   *house
	pending map[string]pendingClick
}

type pendingClick struct {
	number string
	at     time.Time
}

func (b *tab) connect(t *testing.T) {
	b.page = b.house.greet(t)
	for id, c := range b.pending {
		b.dial(id, c.number, time.Since(c.at))
	}
}

func (b *tab) dial(id, number string, age time.Duration) {
	b.send(fmt.Sprintf(`{"type":"number-dialed","id":%q,"number":%q,"age":%d}`, id, number, age.Milliseconds()))
}

func (b *tab) click(id, number string) {
	b.pending[id] = pendingClick{number, time.Now()}
	b.dial(id, number, 0)
}

// drop loses the connection as a cut cable does.
func (b *tab) drop() {
	_ = b.ws.CloseNow()
	b.page = nil
}

// settle reads until every click has its result, and reports whether one was refused with a sentence.
func (b *tab) settle() (refused bool) {
	b.t.Helper()
	for len(b.pending) > 0 {
		r := b.next("result")
		delete(b.pending, r["id"].(string))
		refused = refused || r["ok"] != true && r["code"] != "duplicate" && r["text"] != ""
	}
	return refused
}

// TestThousandClicks clicks through random tabs that lose their connections and are loaded anew: a click that one tab could
// say is dialled once, and none twice.
func TestThousandClicks(t *testing.T) {
	tr := newTrunk(t)
	h := runningPhone(t, tr.phone)
	chance := rand.New(rand.NewPCG(1, uint64(time.Now().UnixNano())))
	tabs := make([]*tab, 4)
	for i := range tabs {
		tabs[i] = &tab{house: h, pending: map[string]pendingClick{}}
		tabs[i].connect(t)
	}
	made, sure := map[string]int{}, map[string]bool{}
	for i := range 1000 {
		n := fmt.Sprint(20000 + i)
		said := hear(t, chance, tabs, i, n)
		refused := false
		for _, b := range tabs {
			if b.page == nil {
				b.connect(t)
			}
			refused = b.settle() || refused
		}
		sure[n] = said && !refused
		for must := sure[n] && made[n] == 0; must || len(tr.invites) > 0; must = must && made[n] == 0 {
			made[tr.call(t)]++
		}
	}
	dialled, refused := 0, 0
	for n, said := range sure {
		switch {
		case made[n] > 1 || said && made[n] != 1:
			t.Errorf("%s was dialled %d times", n, made[n])
		case made[n] == 1:
			dialled++
		default:
			refused++
		}
	}
	t.Logf("%d dialled once, %d refused or said by no tab", dialled, refused)
	if dialled < 500 {
		t.Errorf("only %d clicks were dialled", dialled)
	}
}

// hear lets a click reach some tabs in some way, and reports whether a tab says it, and says it again until it has a result.
func hear(t *testing.T, chance *rand.Rand, tabs []*tab, i int, n string) (sure bool) {
	t.Helper()
	for _, k := range chance.Perm(len(tabs))[:1+chance.IntN(len(tabs))] {
		b, id := tabs[k], fmt.Sprintf("click-%d-%d", i, k)
		switch chance.IntN(6) {
		case 0: // not connected: the widget says that it was not dialled
			b.drop()
		case 1: // the connection is lost under way
			b.click(id, n)
			b.drop()
			sure = true
		case 2: // the tab is loaded anew under way, and forgets
			b.click(id, n)
			b.drop()
			delete(b.pending, id)
		case 3: // clicked twice by a nervous hand
			b.click(id, n)
			b.click(id+"-2", n)
			sure = true
		default:
			b.click(id, n)
			sure = true
		}
	}
	return sure
}

// call waits for the next call and its end, and returns its number.
func (tr *trunk) call(t *testing.T) string {
	t.Helper()
	select {
	case n := <-tr.invites:
		<-tr.ended // the next click finds no call
		return n
	case <-time.After(20 * time.Second):
		t.Fatal("a click was lost")
		return ""
	}
}

func runningPhone(t *testing.T, p *phone.Phone) *house {
	t.Helper()
	return runningWith(t, nil, Config{Phone: p, pace: newBucket(1e9, 1e9)})
}

// TestRefusedClicksAreShown: what is not dialled has a result with a sentence.
func TestRefusedClicksAreShown(t *testing.T) {
	tr := newTrunk(t)
	p := runningPhone(t, tr.phone).greet(t)
	for i, n := range []string{"", "*97", "911", "+1 900 555 0100", "call me", "1234567890123456", "+882 16 00000000", "sip:1@x"} {
		p.send(fmt.Sprintf(`{"type":"number-dialed","id":"k%d","number":%q}`, i, n))
		if r := p.next("result"); r["ok"] == true || r["code"] == "" || !strings.HasSuffix(fmt.Sprint(r["text"]), ".") {
			t.Errorf("%q: %v", n, r)
		}
	}
	if len(tr.invites) > 0 {
		t.Errorf("dialled %s", <-tr.invites)
	}
}
