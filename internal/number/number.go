// Package number reads numbers as people write them and decides what the PBX is asked to dial.
//
// It is pure: no state, no network, no clock. A customer's record and a link are a stranger's text; Read gives such a text
// far less than it gives the agent who types.
package number

import (
	"strings"
	"unicode"
)

// Origin says who wrote the text. The zero value is the careful one.
type Origin int

// The two kinds of writers.
const (
	Stranger Origin = iota // a customer's record, a tel: link, anything that came over the bridge
	Agent                  // typed or pasted into the phone itself by the person who makes the call
)

// Kind says what a number is.
type Kind string

// The kinds. A stranger's text becomes External or Extension, or is refused.
const (
	External  Kind = "external"  // a number of the public network
	Extension Kind = "extension" // a number of the organisation's own exchange
	Feature   Kind = "feature"   // a code of the exchange, with * or #
	Emergency Kind = "emergency" // an emergency number of the agent's own region
	Address   Kind = "address"   // sip:user@host
)

// Number is a text that was read and may be dialled.
type Number struct {
	Written  string // the text as it came, at most 64 characters, printable; for people and logs, never dialled
	Kind     Kind
	E164     string // "+" and at most 15 digits (ITU-T E.164); empty unless Kind is External and the number is complete
	Region   string // where it rings: ISO 3166-1 alpha-2, "001" for numbers of no country, empty if unknown
	Dial     string // what the PBX is asked for: ^\+?[0-9]{2,15}$, with a plan also ^[0-9]{2,23}$; an agent's code or sip: address
	Shown    string // as people read it: national inside the own region, international otherwise. Read gives it the same Dial
	PostDial string // digits written behind the number ("ext. 12"), at most 12. Never part of Dial: the agent keys them
	Confirm  bool   // the agent must say yes before it is dialled
	Why      string // one sentence for the question; empty if Confirm is false
}

// The bounds of a text, in bytes and characters.
const (
	maxText     = 256
	maxWritten  = 64
	maxPostDial = 12
	maxCode     = 32
)

// Read decides what a text asks the PBX to dial. The rules must have passed Check. Every error is a *Refusal, and then only
// Written is set. An origin that is not Agent counts as Stranger.
func Read(text string, origin Origin, r Rules) (Number, error) {
	d := desk{rules: r.filled(), origin: origin}
	n, err := d.read(text)
	if err != nil {
		return Number{Written: written(text)}, err
	}
	n.Written = written(text)
	return n, nil
}

// Explain says in one line what Read makes of a text.
func (r Rules) Explain(text string, origin Origin) string {
	n, err := Read(text, origin, r)
	if err != nil {
		return "refused: " + err.Error()
	}
	line := string(n.Kind) + ", shown as " + n.Shown + ", dials " + n.Dial
	if n.PostDial != "" {
		line += ", then by hand " + n.PostDial
	}
	if n.Confirm {
		line += ". Asks first: " + n.Why
	}
	return line
}

// desk is one reading: the rules, and who asks.
type desk struct {
	rules  Rules
	origin Origin
}

func (d desk) agent() bool { return d.origin == Agent }

func (d desk) read(text string) (Number, error) {
	t, err := open(text)
	if err != nil {
		return Number{}, err
	}
	if t.sip {
		return d.address(t.body)
	}
	p, err := scan(t.body)
	if err != nil {
		return Number{}, err
	}
	if p.code != "" {
		return d.code(p.code)
	}
	if p.vanity != "" {
		if l, ok := d.vanity(p); ok {
			return d.external(l, p)
		}
	}
	if p.mixed {
		return Number{}, refuse(CodeTwo)
	}
	digits, err := digitsOf(p.head)
	if err != nil {
		return Number{}, err
	}
	if n, done, err := d.short(digits, p); done {
		return n, err
	}
	l, err := d.line(digits, p)
	if err != nil {
		return Number{}, err
	}
	return d.external(l, p)
}

// short handles what never reaches the public network's numbering: emergency numbers and extensions.
func (d desk) short(digits string, p parts) (n Number, done bool, err error) {
	if !d.agent() && d.emergency(digits) {
		return Number{}, true, refuse(CodeEmergency)
	}
	if d.agent() && d.ownEmergency(digits) {
		return Number{Kind: Emergency, Region: d.rules.Region, Dial: digits, Shown: digits}, true, nil
	}
	if !d.isExtension(digits) {
		return Number{}, false, nil
	}
	if n, err = d.extension(digits); err == nil {
		n.PostDial = p.post
	}
	return n, true, err
}

func (d desk) extension(digits string) (Number, error) {
	listed := d.rules.listed(digits)
	if !d.agent() && !listed && paidShort(digits, d.rules.Region) {
		return Number{}, refuse(CodePremium)
	}
	n := Number{Kind: Extension, Shown: digits}
	var err error
	if n.Dial, err = d.rules.dial(planned{kind: Extension, national: digits}); err != nil {
		return Number{}, err
	}
	if err := d.guard(n, digits); err != nil {
		return Number{}, err
	}
	if d.agent() {
		return n, nil
	}
	if d.rules.Confirm == "always" {
		n.ask(askAlways)
	} else if !listed && d.rules.Confirm != "never" {
		n.ask(askExtension)
	}
	return n, nil
}

// external decides about a number of the public network.
func (d desk) external(l line, p parts) (Number, error) {
	n := Number{Kind: External, E164: l.e164, Region: l.region, PostDial: p.post}
	if err := d.judge(&n, l); err != nil {
		return Number{}, err
	}
	var err error
	if n.Dial, err = d.rules.dial(planned{kind: External, e164: l.e164, national: l.national, own: l.ownCode}); err != nil {
		return Number{}, err
	}
	if err := d.guard(n, l.national); err != nil {
		return Number{}, err
	}
	n.Shown = d.shown(l)
	return n, nil
}

// shown is the national form at home, unless somebody who reads it there would take it for something else.
func (d desk) shown(l line) string {
	if l.standing == local {
		return l.national
	}
	if !l.home || d.isExtension(l.national) || d.emergency(l.national) {
		return l.international()
	}
	again, ok := find(l.national, "", d.rules)
	if !ok || again.e164 != l.e164 || again.standing != l.standing || again.guessed {
		return l.international()
	}
	return l.nationalForm
}

func (n *Number) ask(why string) {
	if !n.Confirm {
		n.Confirm, n.Why = true, why
	}
}

// code reads a feature code of the exchange.
func (d desk) code(code string) (Number, error) {
	if !d.agent() {
		return Number{}, refuse(CodeFeature)
	}
	if len(code) < 2 || len(code) > maxCode {
		return Number{}, refuse(CodeNotANumber)
	}
	return Number{Kind: Feature, Dial: code, Shown: code}, nil
}

func written(text string) string {
	var b strings.Builder
	count := 0
	for _, r := range text {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			r = ' '
		}
		if count++; count > maxWritten {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
