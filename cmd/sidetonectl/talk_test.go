package main

import (
	"strings"
	"testing"
	"unicode"

	"sidetone/internal/call"
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
