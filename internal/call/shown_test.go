package call

import (
	"strings"
	"testing"
)

func TestPartyIsShown(t *testing.T) {
	for _, c := range []struct {
		party        Party
		name, number string
	}{
		{Party{Name: "Customer A. Example", Number: "+12025550142"}, "Customer A. Example", "(202) 555-0142"},
		{Party{Name: "+12025550142", Number: "+12025550142"}, "", "(202) 555-0142"},
		{Party{Number: "1002", URI: "sip:1002@example.com"}, "", "1002"},
		{Party{URI: "sip:example.com"}, "", "sip:example.com"},
		{Party{Name: "Customer A. Example"}, "Customer A. Example", ""},
		{Party{}, "", ""},
	} {
		if name, number := c.party.Shown(); name != c.name || number != c.number {
			t.Errorf("%+v: %q and %q, want %q and %q", c.party, name, number, c.name, c.number)
		}
	}
	hostile := "\u202eevil\x1b[2J\n$(calc)" + strings.Repeat("x", 200)
	name, number := Party{Name: hostile, Number: "1" + hostile}.Shown()
	for _, got := range []string{name, number} {
		if strings.ContainsAny(got, "\u202e\x1b\n") || len([]rune(got)) > 80 {
			t.Errorf("%q", got)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	for in, want := range map[string]string{
		"+12025550142": "(202) 555-0142", "2025550142": "(202) 555-0142", "12025550142": "(202) 555-0142", "1002": "1002",
		"+442079460000": "+442079460000", "alice": "alice", "": "",
	} {
		if got := FormatNumber(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDetour(t *testing.T) {
	there := Party{Number: "+12025550123"}
	for want, c := range map[string]Call{
		"":                       {Direction: Incoming, Remote: there, SentTo: there},
		"for (202) 555-0123":     {Direction: Incoming, Diverted: there},
		"for Sales":              {Direction: Incoming, Diverted: Party{Name: "Sa\u202eles", Number: "1"}},
		"sent to (202) 555-0123": {Direction: Outgoing, SentTo: there, Diverted: Party{Number: "1"}},
		"sent to sip:x@y":        {Direction: Outgoing, SentTo: Party{URI: "sip:x@y"}},
	} {
		if got := c.Detour(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
