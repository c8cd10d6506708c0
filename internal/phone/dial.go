package phone

import (
	"errors"
	"maps"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// Proposal is a call that somebody other than the agent wants, or that looks mistaken: it waits for the agent's word.
type Proposal struct {
	Key    string    `json:"key"`
	Shown  string    `json:"shown"` // the number as people write it
	Why    string    `json:"why"`   // one sentence: why the agent is asked
	Origin string    `json:"origin"`
	Until  time.Time `json:"until"` // then it is dropped

	consults call.ID // the call on whose behalf it is
	target   string  // what would be dialled
	e164     string  // whom that reaches, where it is a number of the public network
	account  string
}

// Refused is a call that somebody other than the agent wanted and that was not made.
type Refused struct {
	Number string    `json:"number"` // as it was written, safe to draw
	Text   string    `json:"text"`   // one sentence: why not
	At     time.Time `json:"at"`
}

// UseRules sets how numbers are read. AskFirst makes the first call of every origin that is not the agent's own hand wait
// for their word.
type UseRules struct {
	Rules    number.Rules
	AskFirst bool
}

func (UseRules) report() {}

// dialling is what the phone knows about calls to be made.
type dialling struct {
	rules   UseRules
	asking  *Proposal
	refused *Refused
	trusted map[string]bool // origins whose call the agent has confirmed in this run
	keys    keys
}

// byHand reports whether the agent's own hand asks: what they type they may dial, and a stranger's text may not.
func byHand(origin string) bool { return origin == "window" || origin == "ctl" }

// dial carries out a click once: who repeats its key hears that it was dialled, or again why it was not.
func (p *Phone) dial(c Command, now time.Time) (call.ID, error) {
	k := &p.state.dialling.keys
	if err, again := k.outcome(c.Key, now); again {
		return "", err
	}
	id, err := p.dialOnce(c, now)
	k.keep(c.Key, err, now)
	var no *Refusal
	if !byHand(c.Origin) && errors.As(err, &no) && no.Code != CodeConfirm {
		p.state.dialling.refused = &Refused{Number: call.Plain(c.Number), Text: no.Text, At: now}
	}
	return id, err
}

func (p *Phone) dialOnce(c Command, now time.Time) (call.ID, error) {
	d := &p.state.dialling
	who := number.Stranger
	if byHand(c.Origin) {
		who = number.Agent
	}
	n, err := number.Read(c.Number, who, d.rules.Rules)
	var no *number.Refusal
	if errors.As(err, &no) {
		return "", refuse(Code(no.Code), "%s", no.Text)
	}
	if err := p.room(c.Origin); err != nil {
		return "", err
	}
	account, err := p.account(c.Account)
	if err != nil {
		return "", err
	}
	asks := Proposal{Key: string(call.NewID()), Shown: n.Shown, Why: n.Why, Origin: c.Origin, Until: now.Add(p.times.Ask), target: n.Dial, e164: n.E164, account: account}
	if !n.Confirm && (byHand(c.Origin) || d.trusted[c.Origin] || !d.rules.AskFirst) {
		return p.place(asks, now)
	}
	if d.asking != nil {
		return "", refuse(CodeConfirm, "Sidetone already asks about a call: answer there first.")
	}
	if !n.Confirm {
		asks.Why = "It is the first call from there since Sidetone was started."
	}
	d.asking = &asks
	return "", refuse(CodeConfirm, "Sidetone asks before it calls %s: answer in its window, or with sidetonectl confirm.", n.Shown)
}

// answered takes the agent's word about a proposal.
func (p *Phone) answered(c Command, now time.Time) (call.ID, error) {
	d := &p.state.dialling
	asking := d.asking
	if asking == nil || c.Key != "" && c.Key != asking.Key {
		return "", refuse(CodeNotNow, "There is no call to decide about any more.")
	}
	if !byHand(c.Origin) {
		return "", refuse(CodeNotNow, "Only the agent decides about that.")
	}
	d.asking = nil
	if c.Do == Reject {
		p.stay(*asking)
		return "", nil
	}
	if err := p.roomFor(*asking); err != nil {
		p.stay(*asking)
		return "", err
	}
	if _, err := p.account(asking.account); err != nil {
		p.stay(*asking)
		return "", err
	}
	if d.trusted == nil {
		d.trusted = map[string]bool{}
	}
	d.trusted[asking.Origin] = true
	return p.place(*asking, now)
}

func (p *Phone) place(w Proposal, now time.Time) (call.ID, error) {
	p.state.dialling.refused = nil
	made, fx := call.Dial(call.NewID(), w.account, w.target, w.Origin, now)
	made.Consults, made.Remote = w.consults, p.inHouse(made.Remote)
	if n, ok := p.state.asked[w.Key]; ok {
		made.For = n.ID
		delete(p.state.asked, w.Key)
		if asker, _ := p.find(n.ID); asker.Muted { // it goes on with that call
			made.Muted = true
			p.ports.Media.Do(call.Gate{ID: made.ID, On: true})
		}
	}
	p.state.calls = append(p.state.calls, made)
	p.state.front = made.ID
	p.carryOut(fx)
	if w.e164 != "" {
		p.state.desk.Begin(string(made.ID), w.e164, false)
	}
	p.weigh("", now)
	return made.ID, nil
}

// account chooses the line a call leaves by: the named one, or the first that is ready.
func (p *Phone) account(id string) (string, error) {
	if len(p.state.lines) == 0 {
		return "", refuse(CodeNoAccount, "No phone line is set up: add an account first.")
	}
	found := false
	for _, l := range p.state.lines {
		if id != "" && l.ID != id {
			continue
		}
		found = true
		if l.Line.State == call.LineReady {
			return l.ID, nil
		}
	}
	if !found {
		return "", refuse(CodeNoAccount, "There is no account %q.", id)
	}
	line := p.state.lines[0].Line
	if line.Detail == "" {
		return "", refuse(CodeNotReady, "The line is not registered yet, so calls cannot leave: try again in a moment.")
	}
	return "", refuse(CodeNotReady, "The line is not registered, so calls cannot leave. %s", line.Detail)
}

// keys remembers what became of clicks, for as long as a browser may repeat one.
type keys struct{ seen map[string]verdict }

type verdict struct {
	err error // nil: it was dialled
	at  time.Time
}

const keyLife = 10 * time.Minute

// outcome is what to answer to a click that came before.
func (k *keys) outcome(key string, now time.Time) (err error, again bool) {
	maps.DeleteFunc(k.seen, func(_ string, o verdict) bool { return now.Sub(o.at) > keyLife })
	o, again := k.seen[key]
	if again && o.err == nil {
		return refuse(CodeDuplicate, "This click has dialled already."), true
	}
	return o.err, again
}

func (k *keys) keep(key string, err error, now time.Time) {
	if k.seen == nil {
		k.seen = map[string]verdict{}
	}
	if key != "" {
		k.seen[key] = verdict{err, now}
	}
}
