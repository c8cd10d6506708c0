package phone

import (
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/internal/number"
	"sidetone/sync/presence"
)

func (w *world) Open(link string) { w.mu.Lock(); w.links = append(w.links, link); w.mu.Unlock() }

func (w *world) ring(t *testing.T, id call.ID, from string) Snapshot {
	t.Helper()
	w.phone.Sink(call.Arrived{ID: id, Account: "main", Remote: call.Party{Number: from}, Offer: []byte("offer")})
	return w.now(t)
}

func (w *world) say(t *testing.T, id call.ID, s customer.State, matches ...customer.Match) Snapshot {
	t.Helper()
	l, ok := w.now(t).Customer(id)
	if !ok {
		t.Fatalf("nothing is asked about %s", id)
	}
	w.phone.Report(CustomerFound{Call: string(id), N: l.N, State: s, Matches: matches, Host: "https://acme.kustomerapp.com"})
	return w.now(t)
}

// TestWhoIsLookedUp: numbers of the public network, as people or exchanges write them, and nothing else.
func TestWhoIsLookedUp(t *testing.T) {
	for from, want := range map[string]string{
		"+12025550142": "+12025550142", "2025550142": "+12025550142", "12025550142": "+12025550142", "1002": "", "anonymous": "", "": "", "*97": "",
	} {
		live(t, func(t *testing.T, w *world) {
			s := w.ring(t, "in", from)
			l, _ := s.Customer("in")
			if l.Number != want || want != "" && l.State != customer.Searching {
				t.Errorf("%q: %+v", from, l)
			}
		})
	}
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(UseRules{Rules: number.Rules{Plan: []number.Step{{Match: "national", Prefix: "9"}}}})
		id := w.do(t, Command{Do: Dial, Number: "(202) 555-0142", Origin: "window"})
		if l, _ := w.now(t).Customer(id); l.Number != "+12025550142" || w.dialled()[0] != "92025550142" {
			t.Errorf("what the plan makes of a number is nobody's: %+v %v", l, w.dialled())
		}
	})
}

func TestCallerIsOpenedWhenTaken(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(PopRule(customer.OnAnswer))
		w.ring(t, "in", "+12025550142")
		if s := w.say(t, "in", customer.Found, customer.Match{ID: "c-1", Name: "Customer A. Example"}); s.Pop.N != 0 {
			t.Fatalf("%+v", s.Pop)
		}
		w.do(t, Command{Do: Answer, Origin: "window"})
		s := w.now(t)
		if s.Pop.Customer != "c-1" {
			t.Fatalf("%+v", s.Pop)
		}
		w.phone.Report(Popped{N: s.Pop.N})
		if s = w.now(t); s.Pop.N != 0 || len(w.links) != 1 || w.links[0] != "https://acme.kustomerapp.com/app/customers/c-1" {
			t.Errorf("%+v %v", s.Pop, w.links)
		}
		w.do(t, Command{Do: Hangup})
		if w.records[0].Remote.Name != "Customer A. Example" {
			t.Errorf("the history does not know who it was: %+v", w.records[0].Remote)
		}
	})
}

func TestOpenByAClick(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(PopRule(customer.OnClick))
		w.ring(t, "in", "+12025550142")
		w.say(t, "in", customer.Found, customer.Match{ID: "c-1"})
		w.do(t, Command{Do: Answer})
		w.do(t, Command{Do: Open, Origin: "kustomer"})
		w.phone.Report(Popped{N: w.now(t).Pop.N, OK: true})
		if s := w.now(t); s.Pop.N != 0 || len(w.links) != 0 {
			t.Errorf("%+v %v", s.Pop, w.links)
		}
	})
}

func TestCustomersEndWithTheWrapUp(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.refused(t, Command{Do: Open}, CodeNoCall)
		w.phone.Report(StatusRules(presence.Rules{AnsweredIn: 1e10}))
		w.ring(t, "in", "+12025550142")
		w.refused(t, Command{Do: Open}, CodeNotNow)
		w.say(t, "in", customer.Unknown)
		w.do(t, Command{Do: Answer})
		w.do(t, Command{Do: Hangup})
		if _, ok := w.now(t).Customer("in"); !ok {
			t.Fatal("who it was is forgotten in the wrap-up")
		}
		w.do(t, Command{Do: Create})
		w.say(t, "in", customer.Found, customer.Match{ID: "c-7"})
		w.do(t, Command{Do: EndWrapUp})
		if s := w.now(t); len(s.Customers) != 0 || s.Pop.N != 0 {
			t.Errorf("%+v %+v", s.Customers, s.Pop)
		}
	})
}
