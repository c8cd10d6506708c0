package notice

import (
	"strings"
	"testing"
)

func TestReadSummary(t *testing.T) {
	for in, want := range map[string]Summary{
		"Messages-Waiting: yes\r\nMessage-Account: sip:1001@example.com\r\nVoice-Message: 2/8 (0/2)\r\n": {true, 2, 8},
		"Messages-Waiting: no\r\n":                         {},
		"messages-waiting : YES\nvoice-message: 1/0\n":     {true, 1, 0},
		"Messages-Waiting: yes\r\nVoice-Message: -1/x\r\n": {Waiting: true},
	} {
		if got, err := ReadSummary([]byte(in)); err != nil || got != want {
			t.Errorf("%q: %+v %v", in, got, err)
		}
	}
	if _, err := ReadSummary([]byte("Voice-Message: 2/8")); err == nil {
		t.Error("a body that does not say whether anything waits is taken")
	}
}

func info(version, state string, dialogs ...string) []byte {
	return []byte(`<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="` + version + `" state="` + state + `" entity="sip:118@example.com">` +
		strings.Join(dialogs, "") + `</dialog-info>`)
}

func one(id, state string) string {
	return `<dialog id="` + id + `" direction="recipient"><state>` + state + `</state></dialog>`
}

func TestDialogs(t *testing.T) {
	var d Dialogs
	if d.State() != Unknown {
		t.Errorf("%q", d.State())
	}
	for i, c := range []struct {
		body []byte
		want State
	}{
		{info("0", "full"), Free},
		{info("1", "full", one("a", "early")), Ringing},
		{info("2", "partial", one("b", "confirmed")), OnCall},
		{info("1", "full"), OnCall}, // came late
		{info("3", "partial", one("b", "terminated")), Ringing},
		{info("4", "partial", one("a", "terminated")), Free},
		{info("5", "full", one("a", "trying"), one("c", "confirmed")), OnCall},
		{info("6", "full"), Free},
	} {
		next, err := d.Apply(c.body)
		if err != nil || next.State() != c.want {
			t.Errorf("%d: %q %v, want %q", i, next.State(), err, c.want)
		}
		d = next
	}
	for _, bad := range []string{"", "<x/>", "<dialog-info", strings.Repeat(" ", most+1), string(info("x", "full"))} {
		if next, err := d.Apply([]byte(bad)); err == nil || next.State() != Free {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
	if _, err := d.Apply(info("9", "full", strings.Repeat(one("a", "early"), mostDialogs+1))); err == nil {
		t.Error("any number of dialogs is taken")
	}
}

func TestPresence(t *testing.T) {
	for _, s := range []State{Free, OnCall, Busy, Away} {
		body := WritePresence("sip:1001@example.com", "t1", s, `Lunch <&"`)
		if got, err := ReadPresence(body); err != nil || got != s {
			t.Errorf("%s is read as %q, %v: %s", s, got, err, body)
		}
	}
	if _, err := ReadPresence([]byte("<presence>")); err == nil {
		t.Error("half a document is taken")
	}
}

func FuzzNotify(f *testing.F) {
	f.Add(info("1", "partial", one("a", "early")))
	f.Add(WritePresence("sip:1001@example.com", "t1", OnCall, "x"))
	f.Add([]byte("Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Dialogs{}.Apply(b)
		if err == nil {
			again, err := d.Apply(b)
			if err != nil || again.State() != d.State() {
				t.Errorf("the same again: %q, then %q %v", d.State(), again.State(), err)
			}
		}
		if s, err := ReadPresence(b); err == nil {
			if got, err := ReadPresence(WritePresence(string(b), "x", s, string(b))); err != nil || got != s {
				t.Errorf("%q becomes %q, %v", s, got, err)
			}
		}
		if s, err := ReadSummary(b); err == nil && (s.New < 0 || s.Old < 0) {
			t.Errorf("%+v", s)
		}
	})
}
