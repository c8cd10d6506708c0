package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// TestStrangersTextMovesNoCursor: names, status labels and a server's phrases all come from outside.
func TestStrangersTextMovesNoCursor(t *testing.T) {
	const evil = "a\x1b[2J\u009b31m\u202eb\n"
	c := call.Call{Remote: call.Party{Name: evil, Number: evil}}
	var out strings.Builder
	p := printer{out: &out}
	p.snapshot(phone.Snapshot{
		Presence: presence.View{Label: evil, Why: evil}, Calls: []call.Call{c},
		Accounts: []phone.AccountLine{{Line: call.Line{Detail: evil}}}, Warnings: []health.Warning{{Text: evil}},
	})
	p.calls([]call.Call{c}, []call.Record{{Call: c}})
	fail(console{err: &out}, exitRefused, &phone.Refusal{Text: evil})
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || r == '\u202e' }) || strings.HasPrefix(line, "b") {
			t.Errorf("%q", line)
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 7 {
		t.Errorf("%d lines:\n%q", n, out.String())
	}
}

// TestEveryCallOnce: whatever the phone and the journal know of a call when they are asked, it is listed once.
func TestEveryCallOnce(t *testing.T) {
	live := call.Call{ID: "live", Phase: call.Active}
	ending := call.Call{ID: "ending", Phase: call.Ending}
	ended := func(id string) call.Call {
		return call.Call{ID: call.ID(id), Phase: call.Ended, Remote: call.Party{Name: "Customer A. Example", Number: id}}
	}
	s := phone.Snapshot{Calls: []call.Call{live, ending}, Unrecorded: []call.Call{ended("1"), ended("2"), ended("3")}}
	records := []call.Record{{Number: 8, Call: ended("ending")}, {Number: 7, Call: ended("2")}, {Number: 6, Call: ended("0")}}
	for _, c := range []struct {
		req  control.Request
		want string
	}{
		{control.Request{}, "live | 3/0 1/0 ending/8 2/7 0/6"}, {control.Request{Limit: 3}, "live | 3/0 1/0 ending/8"},
		{control.Request{Search: "3"}, "live | 3/0 ending/8 2/7 0/6"}, {control.Request{Search: "a. EX"}, "live | 3/0 1/0 ending/8 2/7 0/6"},
	} {
		now, past := once(s, records, c.req)
		var got []string
		for _, c := range now {
			got = append(got, string(c.ID))
		}
		got = append(got, "|")
		for _, r := range past {
			got = append(got, fmt.Sprintf("%s/%d", r.Call.ID, r.Number))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%+v: %q, want %q", c.req, text, c.want)
		}
	}
	if now, past := once(phone.Snapshot{Calls: []call.Call{}}, nil, control.Request{}); now == nil || past == nil {
		t.Error("none is an empty list, not null")
	}
}

func TestWhyIsPrinted(t *testing.T) {
	v := presence.View{
		Label: "Busy", Why: "On a call since 10:42, will return to Available.", Notice: "Kustomer shows Available, Sidetone Busy.",
		Decisions: []presence.Decision{{At: time.Date(2026, 3, 4, 10, 42, 3, 0, time.Local), Sentence: "A call began at 10:42: Busy.\x1b[2J"}},
	}
	var b strings.Builder
	printer{out: &b}.about("presence", phone.Snapshot{Presence: v})
	want := "Busy. On a call since 10:42, will return to Available.\n  Kustomer shows Available, Sidetone Busy.\n  A call began at 10:42: Busy.[2J\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	printer{out: &b, json: true}.about("presence", phone.Snapshot{Presence: v})
	if !strings.HasPrefix(b.String(), `{"status":"","label":"Busy","why":"On a call`) {
		t.Errorf("%q", b.String())
	}
}

// TestWhatIsUnderWayIsSaid: neither done, nor live, nor reachable before it is.
func TestWhatIsUnderWayIsSaid(t *testing.T) {
	c := call.Call{Phase: call.Active, Pending: call.LocalHold}
	if !underWay(c) || !strings.Contains(describe(c, time.Now()), "being held") {
		t.Errorf("%v %q", underWay(c), describe(c, time.Now()))
	}
	c.Held, c.Pending = true, call.LocalResume
	if !underWay(c) || !strings.Contains(describe(c, time.Now()), "being taken back") {
		t.Errorf("%v %q", underWay(c), describe(c, time.Now()))
	}
	c.Pending = call.Settled
	if underWay(c) || !strings.Contains(describe(c, time.Now()), "on hold") {
		t.Errorf("%v %q", underWay(c), describe(c, time.Now()))
	}
	s := phone.Snapshot{Presence: presence.View{Status: presence.Available, Why: "Since start at 10:00."}}
	if got := claim(s); got != "No calls reach this phone yet. Since start at 10:00." {
		t.Error(got)
	}
	s.Accounts = []phone.AccountLine{{Line: call.Line{State: call.LineReady}}}
	if got := claim(s); got != "Since start at 10:00." {
		t.Error(got)
	}
}

// TestNothingToDial: who dials nothing is told how a number is given, not of a field.
func TestNothingToDial(t *testing.T) {
	for _, word := range []string{"", " "} {
		if _, err := request(options{}, []string{"dial", word}); err == nil || !strings.Contains(err.Error(), "sidetonectl dial NUMBER") {
			t.Errorf("%q: %v", word, err)
		}
	}
}
