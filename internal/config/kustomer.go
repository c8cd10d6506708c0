package config

import (
	"fmt"
	"slices"
	"strings"

	"sidetone/internal/call"
	"sidetone/internal/customer"
	"sidetone/sync/calllog"
)

// Kustomer is the [kustomer] table: what the phone does there.
type Kustomer struct {
	// Hosts are exact origins Kustomer is opened at, beside those below kustomerapp.com: "https://desk.example.com".
	Hosts []string `toml:"hosts"`
	// Pop says when a known caller is opened by itself: "ring", "answer" or "click", which is never. Empty: "answer".
	Pop string `toml:"pop"`

	// Log names the calls that go into the customer's timeline: "answered", "missed", "declined" and "failed", which is a call
	// of the agent's that reached nobody; or "none" alone. Empty: all of them.
	Log []string `toml:"log"`
	// LogConversation is "last-open", the customer's last open conversation if there is one, or "new", one for each call.
	// Empty: "last-open".
	LogConversation string `toml:"log_conversation"`
	// LogStatus is what becomes of a conversation that is begun for a call: "open" or "done". One that was there before is
	// left as it is. Empty: open after a missed call, else done.
	LogStatus string `toml:"log_status"`
	// Create makes a caller who is not in Kustomer a customer when the call is logged. If not, the agent is offered it, and a
	// call of nobody waits in the log.
	Create bool `toml:"create"`
	// Dispositions are what the agent may choose from after a call, at most 12 of at most 40 characters.
	Dispositions []string `toml:"dispositions"`
}

// The bounds of the dispositions: what a window and a widget of 280 pixels can show.
const (
	mostDispositions = 12
	longDisposition  = 40
)

// PopRule is Pop with its default. An agent may be in the middle of a reply when it rings, and another may take the call:
// what opens must not be what they look at then. Who calls is shown at the ring anyway.
func (k Kustomer) PopRule() customer.Rule {
	if k.Pop == "" {
		return customer.OnAnswer
	}
	return customer.Rule(k.Pop)
}

// LogRules is what the table says of the log.
func (k Kustomer) LogRules() calllog.Rules {
	r := calllog.Rules{New: k.LogConversation == "new", Status: k.LogStatus, Create: k.Create, Dispositions: slices.Clone(k.Dispositions)}
	for _, o := range k.Log {
		if o != "none" {
			r.Log = append(r.Log, calllog.Outcome(o))
		}
	}
	if len(k.Log) == 0 {
		r.Log = calllog.Outcomes()
	}
	return r
}

func (k Kustomer) check() error {
	wrong := func(key, format string, args ...any) error {
		return at(fmt.Errorf("kustomer."+key+" "+format, args...), "kustomer", key)
	}
	for _, o := range k.Hosts {
		if !isOrigin(o) {
			return wrong("hosts", "has %q: write it as https://host, without a path%s", o, hostHint(o))
		}
	}
	for _, o := range k.Log {
		if !slices.Contains(calllog.Outcomes(), calllog.Outcome(o)) && (o != "none" || len(k.Log) > 1) {
			return wrong("log", "has %q: use answered, missed, declined and failed, or none alone", o)
		}
	}
	if len(k.Dispositions) > mostDispositions {
		return wrong("dispositions", "has %d entries: use at most %d", len(k.Dispositions), mostDispositions)
	}
	for i, d := range k.Dispositions {
		if call.Plain(d) != d || d == "" || len([]rune(d)) > longDisposition || slices.Contains(k.Dispositions[:i], d) {
			return wrong("dispositions", "has %q: use 1 to %d characters that are seen, on one line, each entry once", d, longDisposition)
		}
	}
	for _, c := range [][]string{
		{"pop", k.Pop, "ring", "answer", "click"}, {"log_conversation", k.LogConversation, "last-open", "new"}, {"log_status", k.LogStatus, "open", "done"},
	} {
		if may := c[2:]; c[1] != "" && !slices.Contains(may, c[1]) {
			last := len(may) - 1
			return wrong(c[0], "is %q: use %s or %s", c[1], strings.Join(may[:last], ", "), may[last])
		}
	}
	return nil
}
