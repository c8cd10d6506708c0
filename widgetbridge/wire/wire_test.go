package wire

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
)

var update = flag.Bool("update", false, "write the golden files anew")

// nonce has the form of one.
const nonce = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

func when() time.Time { return time.Date(2026, 3, 4, 10, 42, 0, 0, time.UTC) }

func TestGoldenToPage(t *testing.T) {
	call := Call{ID: "c1", Direction: "outgoing", Name: "Customer A. Example", Number: "+12025550142", NumberText: "(202) 555-0142", Phase: "active", Muted: true, CreatedAt: when(), AnsweredAt: when()}
	for name, m := range map[string]ToPage{
		"challenge": Challenge{V: 1, Nonce: nonce}, "welcome": Welcome{V: 1, App: "Sidetone", Version: "0.1.0", Sig: nonce + nonce},
		"refused":        Refused{Code: "unpaired", Text: "This browser is not connected to Sidetone yet."},
		"pair-challenge": PairChallenge{Key: nonce + nonce, Nonce: nonce, Seconds: 60, Left: 3}, "pair-commit": PairCommit{Commit: nonce}, "paired": Paired{Nonce: nonce},
		"state-idle": State{Seq: 1, Ready: true, Line: "Line 142 is ready.", Calls: []Call{}, Status: Status{Status: "available", Label: "Available",
			Why: "You chose this at 10:42.", Since: when()}},
		"state-call": State{Seq: 2, Ready: true, Line: "Line 142 is ready.", LineCode: "ready", LineName: "142", Calls: []Call{call},
			Warning: "The microphone is silent.", WarningCode: "no-audio",
			Last: &Last{Direction: "incoming", Number: "1002", NumberText: "1002", Reason: "Nobody answered.", Cause: "no-answer", Missed: true, CreatedAt: when()},
			Status: Status{Status: "busy", Label: "Busy", Why: "On a call since 10:42, will return to Available.", Because: "call", Since: when(),
				Next: &Named{"available", "Available"}}, Want: &Want{Rev: 3, Status: "busy"}, Speaks: true, Called: 2},
		"state-wrap-up": State{Seq: 4, Calls: []Call{}, Status: Status{Status: "wrap-up", Label: "Wrap-up", Why: "Wrap-up until 10:43:00, then Lunch.",
			Because: "wrap-up", Since: when(), Until: when().Add(time.Minute), Longest: when().Add(10 * time.Minute), Next: &Named{"unavailable", "Lunch"},
			Notice: &Notice{Code: "refused", Text: "Kustomer did not take Busy. Kustomer did not answer.", Wanted: &Named{"busy", "Busy"}, Failure: "no-answer"},
			Recent: []Decision{{At: when(), Cause: "wrap-up-started", To: Named{"wrap-up", "Wrap-up"}, Until: when().Add(time.Minute),
				Text: "The call ended at 10:42: wrap-up until 10:43."}}}},
		"state-caller": State{Seq: 3, Calls: []Call{{ID: "c1", Direction: "incoming", Number: "+12025550142", Phase: "incoming", CreatedAt: when(), Customer: &Lookup{
			N: 4, Number: "+12025550142", State: "found", Chosen: "cust-1", Matches: []Match{{ID: "cust-1", Name: "Customer A. Example", Company: "Example Ltd",
				Last: "conv-1", LastName: "Where is my order?", LastOpen: true, LastAt: when()}}}}}, Pop: &Pop{N: 5, Customer: "cust-1", Conversation: "conv-1"}},
		"state-log": State{Seq: 4, Calls: []Call{}, Log: &Log{Call: "c1", Try: 2, External: "sidetone-c1", Customer: "cust-1", Number: "+12025550142", Name: "Customer A. Example", Create: true,
			New: true, Status: "done", Direction: "in", Subject: "Incoming call", Preview: "Incoming call from (202) 555-0142, 3:27 · Solved — Order 1042.", SentAt: when(),
			Meta: LogMeta{Outcome: "answered", Disposition: "Solved", Notes: "Order 1042.", Number: "+12025550142", Line: "1001", StartedAt: when(), AnsweredAt: when(),
				EndedAt: when(), Seconds: 207, Reason: "completed"}}, Draft: &Draft{Call: "c2", Note: "So far", Disposition: "Solved", Choices: []string{"Solved"},
			Customer: &Lookup{N: 1, Number: "+12025550119", State: "failed", Status: 403}}},
		"result-ok": Result{ID: "k1", OK: true},
		"result-no": Result{ID: "k1", Code: "in-call", Text: "There is a call already: hang up before dialling another number."},
	} {
		got, err := Format(m)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, got)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || strings.TrimSpace(string(want)) != string(got) {
		t.Errorf("%s:\n got %s\nwant %s (%v)", name, got, want, err)
	}
}

func TestGoldenFromPage(t *testing.T) {
	for name, want := range map[string]FromPage{
		"hello":           &Hello{V: 1, Origin: "https://widget.example.com", Org: "acme", Key: "k1", Nonce: nonce, Sig: nonce + nonce},
		"pair":            &Pair{V: 1, Origin: "https://widget.example.com", Org: "acme", Key: nonce + nonce, Commit: nonce},
		"pair-reveal":     &PairReveal{Nonce: nonce},
		"number-dialed":   &NumberDialed{ID: "0b6c", Number: "+12025550142"},
		"kustomer-status": &KustomerStatus{Status: "unavailable", Label: "Lunch"},
		"kustomer-read":   &KustomerStatus{Status: "unavailable", Label: "Lunch", Ref: "s-1", System: true, How: "read-back", After: 3, Took: 2},
		"status-applied":  &StatusApplied{Rev: 3},
		"status-blind":    &StatusApplied{Rev: 3, Blind: true},
		"status-failed":   &StatusFailed{Rev: 3, Why: "Kustomer did not answer.", Code: "no-answer"},
		"more":            &Command{ID: "1", Do: "more"},
		"next":            &Command{ID: "1", Do: "next", Status: "offline"},
		"customer": &Customer{Call: "c1", N: 4, State: "found", Host: "https://acme.kustomerapp.com", Matches: []Match{{ID: "cust-1", Name: "Customer A. Example",
			Company: "Example Ltd", Last: "conv-1", LastName: "Where is my order?", LastOpen: true, LastAt: when()}}},
		"customer-failed": &Customer{Call: "c1", N: 4, State: "failed", Status: 403},
		"popped":          &Popped{N: 5, OK: true},
		"logged":          &Logged{Call: "c1", Try: 2, Message: "msg-1", Conversation: "conv-1", Customer: "cust-1"},
		"log-failed":      &LogFailed{Call: "c1", Try: 2, At: "customer", Status: 300, Candidates: []Candidate{{"v1", "Customer B. Sample"}, {ID: "v2"}}},
		"command-note":    &Command{ID: "1", Do: "note", Call: "c1", Text: "Order 1042.\nRefund sent."},
		"command":         &Command{ID: "1", Do: "dtmf", Call: "c1", Digits: "12#"},
	} {
		b, err := os.ReadFile(filepath.Join("testdata", "golden", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Parse(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func TestStrict(t *testing.T) {
	for _, s := range []string{
		``, `null`, `[]`, `"x"`, `{}`, `{"type":1}`, `{"type":"hello"} {}`, `{"type":"hello","v":"1"}`, `{"type":"hello","v":1,"more":1}`,
		`{"type":"number-dialed","number":"5550100"}`, `{"type":"number-dialed","id":"a b","number":"5550100"}`,
		`{"type":"number-dialed","id":"a","number":"` + strings.Repeat("1", 65) + `"}`, `{"type":"number-dialed","id":"a","number":"1\u0000"}`,
		`{"type":"kustomer-status","status":"lunch"}`, `{"type":"command","id":"a","do":"dial"}`, `{"type":"command","id":"a","do":"dtmf","digits":"x"}`,
		`{"type":"customer","call":"c1","n":1,"state":"found"}`, `{"type":"customer","call":"c1","n":1,"state":"unknown","matches":[{"id":"a"}]}`,
		`{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"a"},{"id":"a"},{"id":"a"},{"id":"a"},{"id":"a"},{"id":"a"}]}`,
		`{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"../a"}]}`, `{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"a","last":"b/c"}]}`,
		`{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"a","name":"` + strings.Repeat("x", 241) + `"}]}`,
		`{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"a","name":"a\nb"}]}`, `{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"a","more":1}]}`,
		`{"type":"customer","call":"c1","n":1,"state":"failed","status":600}`, `{"type":"customer","call":"a b","n":1,"state":"unknown"}`,
		`{"type":"customer","call":"c1","n":1,"state":"unknown","host":"a b"}`, `{"type":"customer","call":"c1","n":1,"state":"searching"}`,
		`{"type":"popped","n":-1,"ok":true}`, `{"type":"popped","n":1,"ok":"yes"}`, `{"type":"command","id":"a","do":"open","customer":"a/b"}`,
		`{"type":"logged","call":"c1","try":0,"message":"m"}`, `{"type":"logged","call":"c1","try":1}`, `{"type":"logged","call":"c1","try":1,"message":"../m"}`,
		`{"type":"log-failed","call":"c1","try":1,"at":"there","status":1}`, `{"type":"log-failed","call":"c1","try":1,"at":"message","status":-1}`,
		`{"type":"log-failed","call":"c1","try":1,"at":"message"`, `{"type":"command","id":"a","do":"note","text":"` + strings.Repeat("x", 1001) + `"}`,
		`{"type":"command","id":"a","do":"note","text":"a\u0007b"}`, `{"type":"command","id":"a","do":"retry"}`,
		`{"type":"welcome","v":1}`, `{"type":"status-applied","rev":1.5}`, `{"type":"status-applied","rev":1} {}`, `{"type":"status-failed","rev":1,"code":"no answer"}`,
		`{"type":"kustomer-status","status":"busy","how":"guessed"}`, `{"type":"kustomer-status","status":"busy","how":"polled","after":-1}`, `{"type":"status-failed","rev":1,"why":"` + strings.Repeat("x", 600) + `"}`,
		strings.Repeat(" ", MaxMessage+1), padded(MaxMessage + 1),
	} {
		if m, err := Parse([]byte(s)); !errors.Is(err, ErrMessage) {
			t.Errorf("%.60q: %+v %v", s, m, err)
		}
	}
}

// padded is a sound message of n bytes.
func padded(n int) string {
	const m = `{"type":"status-applied","rev":1}`
	return m + strings.Repeat(" ", n-len(m))
}

func TestLongestMessage(t *testing.T) {
	if _, err := Parse([]byte(padded(MaxMessage))); err != nil {
		t.Error(err)
	}
}

// TestTextsAreSafeToDraw: whatever a page says that people will read has no direction of its own; names keep what joins their letters.
func TestTextsAreSafeToDraw(t *testing.T) {
	const evil, safe = `a\u202eb\u2066c\u061cd\u200b\ufeff`, "abcd"
	const joined = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645" // a Persian word, which is misspelt without
	for _, s := range []string{
		`{"type":"hello","v":1,"origin":"https://a","org":"TEXT","key":"k","nonce":"n","sig":"s"}`, `{"type":"pair","v":1,"origin":"https://a","org":"TEXT","key":"k","commit":"c"}`,
		`{"type":"kustomer-status","status":"busy","label":"TEXT"}`, `{"type":"status-failed","rev":1,"why":"TEXT"}`, `{"type":"command","id":"a","do":"note","text":"TEXT"}`,
		`{"type":"customer","call":"c1","n":1,"state":"found","matches":[{"id":"a","name":"TEXT","company":"TEXT","last_name":"TEXT"}]}`,
	} {
		for text, want := range map[string]string{evil: safe, joined: joined} {
			m, err := Parse([]byte(strings.ReplaceAll(s, "TEXT", text)))
			if err != nil {
				t.Fatal(s, err)
			}
			for _, got := range texts(m) {
				if got != want {
					t.Errorf("%s: %q, want %q", s, got, want)
				}
			}
		}
	}
}

// texts are those of a message that people will read.
func texts(m FromPage) []string {
	switch m := m.(type) {
	case *Hello:
		return []string{m.Org}
	case *Pair:
		return []string{m.Org}
	case *KustomerStatus:
		return []string{m.Label}
	case *StatusFailed:
		return []string{m.Why}
	case *Command:
		return []string{m.Text}
	case *Customer:
		var out []string
		for _, x := range m.Matches {
			out = append(out, x.Name, x.Company, x.LastName)
		}
		return out
	}
	return nil
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"type":"hello","v":1}`, `{"type":"number-dialed","id":"a","number":"+1"}`, `{"type":"command","id":"a","do":"hold"}`,
		`{"type":"kustomer-status","status":"busy","label":"\ud800"}`, `{"type":"status-applied","rev":18446744073709551615}`,
		`{"type":"customer","call":"c1","n":1,"state":"found","host":"https://a","matches":[{"id":"a","name":"b","last":"c","last_at":"2026-03-04T10:42:00Z"}]}`,
		`{"type":"logged","call":"c1","try":1,"message":"m"}`, `{"type":"log-failed","call":"c1","try":1,"at":"message","status":403}`,
		`{"type":"command","id":"a","do":"note","text":"a\nb"}`, `{"type":"popped","n":1,"ok":true}`, `{"type":"command","id":"a","do":"choose","customer":"c"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrMessage) {
				t.Fatalf("%q: %v", b, err)
			}
			return
		}
		for _, s := range texts(m) {
			if s != call.PlainText(s) {
				t.Fatalf("%q is not safe to draw", s)
			}
		}
		if n, ok := m.(*NumberDialed); ok && (len(n.Number) > 64 || strings.ContainsAny(n.Number, "\r\n\x00")) {
			t.Fatalf("%q was let through", n.Number)
		}
		if c, ok := m.(*Customer); ok {
			for _, x := range c.Matches {
				if strings.ContainsAny(x.ID+x.Last, "/.?#% ") || strings.ContainsAny(x.Name+x.Company+x.LastName, "\r\n\x00\u2028") || len(c.Matches) > 5 {
					t.Fatalf("%+v was let through", x)
				}
			}
		}
	})
}
