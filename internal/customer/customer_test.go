package customer

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const host = "https://acme.kustomerapp.com"

func ann() Match {
	return Match{ID: "c-1", Name: "Customer A. Example", Last: Conversation{ID: "v-1", Name: "Where is my order?", Open: true, At: time.Unix(1, 0)}}
}

func found(d *Desk, call string, more bool, matches ...Match) {
	l, _ := d.Of(call)
	d.Heard(Answer{Call: call, N: l.N, State: Found, Matches: matches, Host: host, More: more})
}

// TestRules: when a known caller is opened by itself, and with what.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule           Rule
		incoming       bool
		atRing, answer bool
	}{
		{OnRing, true, true, true}, {OnAnswer, true, false, true}, {OnClick, true, false, false}, {"", true, false, false}, {OnRing, false, false, false},
	} {
		d := Desk{Rule: c.rule}
		d.Begin("1", "+12025550142", c.incoming)
		found(&d, "1", true, Match{ID: "c-1"})
		if d.Pop().N != 0 {
			t.Errorf("%+v: opened before the conversation is known", c)
		}
		found(&d, "1", false, ann())
		if got := d.Pop().N != 0; got != c.atRing {
			t.Errorf("%+v: at the ring %v", c, got)
		}
		first := d.Pop()
		d.Taken("1")
		d.Taken("1")
		if got := d.Pop().N != 0; got != c.answer || c.atRing && d.Pop() != first {
			t.Errorf("%+v: at the answer %v", c, got)
		}
		if p := d.Pop(); c.answer && (p.Customer != "c-1" || p.Conversation != "v-1" || p.Call != "1") {
			t.Errorf("%+v", p)
		}
	}
}

func TestAnswerAfterTheCallWasTaken(t *testing.T) {
	d := Desk{Rule: OnAnswer}
	d.Begin("1", "+12025550142", true)
	d.Taken("1")
	found(&d, "1", false, Match{ID: "c-1", Last: Conversation{ID: "v-9"}})
	if p := d.Pop(); p.Customer != "c-1" || p.Conversation != "" {
		t.Errorf("a done conversation is not opened, its customer is: %+v", p)
	}
}

func TestChoiceAmongSeveral(t *testing.T) {
	d := Desk{Rule: OnRing}
	d.Begin("1", "+12025550142", true)
	found(&d, "1", false, ann(), Match{ID: "c-2"})
	if d.Pop().N != 0 || !errors.Is(d.Open("1"), ErrNoMatch) || !errors.Is(d.Choose("1", "c-9"), ErrNotOne) || !errors.Is(d.Choose("2", "c-1"), ErrNoLookup) {
		t.Error("something was opened before the agent chose")
	}
	if err := d.Choose("1", "c-2"); err != nil || d.Pop().Customer != "c-2" {
		t.Errorf("%v %+v", err, d.Pop())
	}
	if l, _ := d.Of("1"); l.Chosen != "c-2" {
		t.Errorf("%+v", l)
	}
	d.Popped(d.Pop().N, true)
	if err := d.Choose("1", "c-1"); err != nil || d.Pop().N != 0 {
		t.Errorf("by itself it opens once: %v %+v", err, d.Pop())
	}
	if err := d.Open("1"); err != nil || d.Pop().Customer != "c-1" {
		t.Errorf("%v %+v", err, d.Pop())
	}
}

func TestCreate(t *testing.T) {
	d := Desk{Rule: OnClick}
	d.Begin("1", "+12025550142", true)
	if err := d.Create("1"); !errors.Is(err, ErrNotNow) {
		t.Error(err)
	}
	before, _ := d.Of("1")
	d.Heard(Answer{Call: "1", N: before.N, State: Unknown})
	if err := d.Create("1"); err != nil {
		t.Fatal(err)
	}
	asked, _ := d.Of("1")
	if asked.State != Creating || asked.N == before.N {
		t.Fatalf("%+v", asked)
	}
	d.Heard(Answer{Call: "1", N: before.N, State: Found, Matches: []Match{ann()}}) // an answer to the first question
	if l, _ := d.Of("1"); l.State != Creating {
		t.Fatalf("a late answer counted: %+v", l)
	}
	d.Heard(Answer{Call: "1", N: asked.N, State: Failed, Status: 403})
	if l, _ := d.Of("1"); l.State != Failed || !strings.Contains(l.Why, "may not create") {
		t.Fatalf("%+v", l)
	}
	if err := d.Create("1"); err != nil {
		t.Fatal(err)
	}
	found(&d, "1", true, ann())
	found(&d, "1", false, ann())
	if d.Pop().Customer != "c-1" || !errors.Is(d.Create("1"), ErrKnown) {
		t.Errorf("the new customer is opened: %+v", d.Pop())
	}
}

func TestFailedPopGivesALink(t *testing.T) {
	d := Desk{}
	d.Begin("1", "+12025550142", true)
	found(&d, "1", false, ann())
	if err := d.Open("1"); err != nil {
		t.Fatal(err)
	}
	n := d.Pop().N
	if link := d.Popped(n+1, false) + d.Popped(0, false); link != "" || d.Pop().N != n {
		t.Error("a word about another wish counted")
	}
	if link := d.Popped(n, false); link != host+"/app/customers/c-1/event/v-1" || d.Pop().N != 0 {
		t.Errorf("%q %+v", link, d.Pop())
	}
	if link := d.Popped(n, false); link != "" {
		t.Errorf("opened twice: %q", link)
	}
}

func TestKeepForgetsCallsAndTheirWishes(t *testing.T) {
	d := Desk{Rule: OnRing}
	d.Begin("1", "+12025550142", true)
	d.Begin("2", "+12025550119", true)
	found(&d, "1", false, ann())
	d.Keep(func(call string) bool { return call == "2" })
	if l := d.Lookups(); len(l) != 1 || l[0].Call != "2" || d.Pop().N != 0 {
		t.Errorf("%+v %+v", l, d.Pop())
	}
}

func TestSixMatchesAreFive(t *testing.T) {
	d := Desk{}
	d.Begin("1", "+12025550142", true)
	found(&d, "1", false, Match{ID: "a"}, Match{ID: "b"}, Match{ID: "c"}, Match{ID: "d"}, Match{ID: "e"}, Match{ID: "f"})
	if l, _ := d.Of("1"); len(l.Matches) != MaxMatches || l.Chosen != "" {
		t.Errorf("%+v", l)
	}
	found(&d, "1", false)
	if l, _ := d.Of("1"); l.State != Unknown {
		t.Errorf("none is %s", l.State)
	}
}

func TestHosts(t *testing.T) {
	allowed := []string{"http://acme.localhost:4000"}
	for _, h := range []string{"https://acme.kustomerapp.com", "https://acme.prod2.kustomerapp.com", "http://acme.localhost:4000"} {
		if !IsHost(h, allowed) {
			t.Errorf("%s is refused", h)
		}
	}
	for _, h := range []string{
		"", "https://kustomerapp.com", "http://acme.kustomerapp.com", "https://acme.kustomerapp.com.evil.example", "https://evilkustomerapp.com", "https://.kustomerapp.com",
		"https://acme.kustomerapp.com:444", "https://acme.kustomerapp.com/", "https://evil.example/.kustomerapp.com", "https://evil.example#.kustomerapp.com",
		"https://user@acme.kustomerapp.com", "https://ACME.kustomerapp.com", "https://a..kustomerapp.com", "http://acme.localhost:4001", "javascript:.kustomerapp.com",
		"https://-x/?.kustomerapp.com",
	} {
		if IsHost(h, allowed) {
			t.Errorf("%s is let through", h)
		}
	}
}

func TestLinks(t *testing.T) {
	for _, id := range []string{"", "../../logout", "a/b", "a b", "a?x=1", "a#b", strings.Repeat("a", 65), "ü"} {
		if link := Link(host, Match{ID: id}); link != "" {
			t.Errorf("%q makes %s", id, link)
		}
	}
	if link := Link("", ann()); link != "" {
		t.Error(link)
	}
	if link := Link(host, Match{ID: "c-1", Last: Conversation{ID: "../x", Open: true}}); link != host+"/app/customers/c-1" {
		t.Error(link)
	}
}

func TestEveryFailureIsASentence(t *testing.T) {
	for _, status := range []int{0, 400, 401, 403, 404, 409, 429, 500} {
		for _, creating := range []bool{false, true} {
			if s := sentence(status, creating); !strings.HasSuffix(s, ".") {
				t.Errorf("%d: %q", status, s)
			}
		}
	}
}
