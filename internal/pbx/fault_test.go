package pbx

import (
	"strings"
	"testing"
	"time"
)

const (
	aRequest = "INVITE sip:1001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKone\r\nCSeq: 1 INVITE\r\n\r\n"
	anAnswer = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKone\r\nCSeq: 7 REGISTER\r\n\r\n"
)

func TestFates(t *testing.T) {
	wrong := strings.Replace(anAnswer, "bKone", "bKwrongone", 1)
	for _, c := range []struct {
		fault Fault
		text  string
		heard bool
		ok    bool
		want  []string
		after time.Duration
	}{
		{Fault{Name: Silent}, aRequest, true, true, nil, 0},
		{Fault{Name: Silent}, anAnswer, false, true, nil, 0},
		{Fault{Name: Lose}, aRequest, true, true, nil, 0},
		{Fault{Name: Lose}, anAnswer, true, false, nil, 0},
		{Fault{Name: Lose}, anAnswer, false, false, nil, 0},
		{Fault{Name: Lose, Method: "BYE"}, aRequest, true, false, nil, 0},
		{Fault{Name: LoseAnswers}, anAnswer, false, true, nil, 0},
		{Fault{Name: LoseAnswers, Method: "REGISTER"}, anAnswer, false, true, nil, 0},
		{Fault{Name: LoseAnswers, Method: "INVITE"}, anAnswer, false, false, nil, 0},
		{Fault{Name: LoseAnswers}, aRequest, true, false, nil, 0},
		{Fault{Name: Delay, After: time.Second}, anAnswer, false, true, []string{anAnswer}, time.Second},
		{Fault{Name: Duplicate}, aRequest, false, true, []string{aRequest, aRequest}, 0},
		{Fault{Name: WrongVia}, anAnswer, false, true, []string{wrong}, 0},
		{Fault{Name: WrongVia}, aRequest, false, false, nil, 0},
		{Fault{Name: Refuse, Status: 503}, aRequest, true, false, nil, 0},
	} {
		got, ok := c.fault.fated(c.text, c.heard)
		if ok != c.ok || len(got.copies) != len(c.want) || strings.Join(got.copies, "") != strings.Join(c.want, "") || got.after != c.after {
			t.Errorf("%+v with %q: %+v %v", c.fault, c.text[:10], got, ok)
		}
	}
	huge, _ := Fault{Name: Huge}.fated(anAnswer, false)
	if len(huge.copies) != 1 || len(huge.copies[0]) < 50_000 || !strings.HasPrefix(huge.copies[0], "SIP/2.0 200 OK\r\nX-Padding: aaa") || !strings.HasSuffix(huge.copies[0], "aaa"+anAnswer[len("SIP/2.0 200 OK"):]) {
		t.Error("the huge message is no message with a huge header")
	}
}

func TestFaultsHappenAsOftenAsAsked(t *testing.T) {
	named := func(name string) func(Fault) bool { return func(f Fault) bool { return f.Name == name } }
	now := troubles{{Name: Lose, Times: 2}, {Name: Silent}, {Name: Lose, Times: 1}}
	before := len(now)
	happened := 0
	for range 5 {
		var ok bool
		if now, ok = now.take(named(Lose)); ok {
			happened++
		}
		now, ok = now.take(named(Silent))
		if !ok {
			t.Error("the silence ended by itself")
		}
	}
	if happened != 3 || len(now) != 1 || before != 3 {
		t.Errorf("%d losses, left %+v", happened, now)
	}
}

func TestFaultsThatCannotBe(t *testing.T) {
	for _, f := range []Fault{{}, {Name: "rain"}, {Name: Refuse}, {Name: Refuse, Status: 200}, {Name: Lose, Times: -1}, {Name: Delay, After: -1}} {
		if f.Check() == nil {
			t.Errorf("%+v was taken", f)
		}
	}
	for _, n := range Kinds() {
		if err := (Fault{Name: n.Name, Status: 503}).Check(); err != nil || n.What == "" {
			t.Errorf("%+v: %v", n, err)
		}
	}
}
