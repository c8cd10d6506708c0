package sdkrecord

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// calls makes every call and notes what Kustomer's window hears of each.
func (v *visit) calls() error {
	var methods []string
	if err := v.chrome.Eval(v.ctx, card, "tape.names", &methods); err != nil {
		return err
	}
	for _, m := range methods {
		var before int
		var c Call
		err := errors.Join(
			v.chrome.Eval(v.ctx, "", "recorder.heard.length", &before),
			v.chrome.Eval(v.ctx, card, fmt.Sprintf("tape.call(%q)", m), &c),
			v.settle(),
			v.chrome.Eval(v.ctx, "", fmt.Sprintf("recorder.heard.slice(%d)", before), &c.Posted),
		)
		if err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
		v.recording.Calls[m] = c
	}
	return nil
}

// settle gives messages between the pages their time.
func (v *visit) settle() error {
	select {
	case <-time.After(200 * time.Millisecond):
		return nil
	case <-v.ctx.Done():
		return v.ctx.Err()
	}
}

// fields are where a message may carry what the callback is given.
func fields() []string {
	return []string{"data", "payload", "value", "number", "phone", "phoneNumber", "status", "statusData", "detail", "body", "args", "context"}
}

// happened is a callback's run as the card notes it.
type happened struct {
	Event string            `json:"event"`
	Args  []json.RawMessage `json:"args"`
}

// events sends a message of every type, each field marked with type and field, and reads from what the callbacks were given which
// of them was heard.
func (v *visit) events(types []string) error {
	var before int
	if err := v.chrome.Eval(v.ctx, card, "tape.events.length", &before); err != nil {
		return err
	}
	for _, t := range types {
		if t == "INITIALIZE" || t == "REQUEST" {
			continue // they answer calls; their names are known
		}
		m := map[string]string{"type": t}
		for _, f := range fields() {
			m[f] = mark(t, f)
		}
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		if err := v.chrome.Eval(v.ctx, "", fmt.Sprintf("(recorder.post(%s), true)", body), new(bool)); err != nil {
			return err
		}
	}
	var runs []happened
	err := errors.Join(v.settle(), v.chrome.Eval(v.ctx, card, fmt.Sprintf("tape.events.slice(%d)", before), &runs))
	if err != nil {
		return err
	}
	for _, h := range runs {
		v.recording.Events = append(v.recording.Events, read(h, types))
	}
	return nil
}

func mark(kind, field string) string { return "«" + kind + "|" + field + "»" }

// read finds out which message made a callback run.
func read(h happened, types []string) Event {
	args, err := json.Marshal(h.Args)
	e := Event{Name: h.Event, Args: string(args)}
	if err != nil {
		return e
	}
	for _, t := range types {
		for _, f := range fields() {
			if !strings.Contains(e.Args, mark(t, f)) {
				continue
			}
			e.Type = t
			if len(h.Args) > 0 && string(h.Args[0]) == `"`+mark(t, f)+`"` {
				e.Field = f
			}
		}
	}
	return e
}
