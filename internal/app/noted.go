package app

import (
	"context"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
	"sidetone/sip"
)

// traced keeps what signalling tells: messages, and what became of lines and connections.
func (a *App) traced(w sip.Wire) {
	m := trace.Message{At: w.At, Sent: w.Sent, Transport: w.Transport, Local: w.Local, Remote: w.Remote, Note: w.Note}
	if w.Note != "" {
		a.trace.Note(m)
		return
	}
	a.trace.Add(m, w.Text)
}

// noteCalls keeps what becomes of calls beside their messages, until ctx ends. Of changes that follow one another at once it may see
// the last only.
func (a *App) noteCalls(ctx context.Context) error {
	said := map[call.ID]string{}
	for s := range a.Phone.Watch(ctx) {
		said = a.note(s, said)
	}
	return nil
}

// note keeps what has changed since, and returns what was said of the calls there are.
func (a *App) note(s phone.Snapshot, before map[call.ID]string) map[call.ID]string {
	said := map[call.ID]string{}
	calls := append(s.Calls[:len(s.Calls):len(s.Calls)], s.Unrecorded...)
	if s.Last != nil {
		calls = append(calls, *s.Last)
	}
	for _, c := range calls {
		text := standingOf(c)
		if c.CallID == "" || said[c.ID] != "" {
			continue // it has no messages yet, or is there twice
		}
		if said[c.ID] = text; before[c.ID] != text {
			a.trace.Note(trace.Message{At: time.Now(), CallID: c.CallID, Note: text})
		}
	}
	return said
}

// standingOf says how a call stands, without who it is with.
func standingOf(c call.Call) string {
	words := []string{c.Phase.String()}
	if c.Reason.Cause == call.Forwarded {
		words[0] = "forwarded" // by us, and nothing more comes of it here
	}
	if c.Held && c.Live() {
		words = append(words, "held here")
	}
	if c.RemoteHeld && c.Live() {
		words = append(words, "held there")
	}
	text := "call " + string(c.ID)[:min(6, len(c.ID))] + ": " + strings.Join(words, ", ")
	switch {
	case c.Live() || c.Reason.Cause == call.Forwarded:
		return text
	case c.Reason.Status >= 300 && c.Reason.Status < 400:
		return text + ". They forwarded it."
	}
	return text + ". " + c.Reason.Sentence(c.Direction)
}
