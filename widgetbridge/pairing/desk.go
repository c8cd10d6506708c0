package pairing

import (
	"errors"
	"fmt"
	"time"
)

// What an attempt at pairing may take.
const (
	ArmedFor   = 2 * time.Minute  // from the agent's Connect, or from the first start
	TypeWithin = 60 * time.Second // from the challenge to the typed digits
	showWithin = 5 * time.Second  // from the typed digits to the page's nonce
	Tries      = 3                // wrong digits until Connect is needed again
)

// Why a pairing does not go on. Each is one sentence for the agent.
var (
	ErrNotArmed = errors.New("press Connect to Kustomer in Sidetone first, then try again here")
	ErrBusy     = errors.New("another Kustomer page is being connected: finish or cancel that first")
	ErrNoPage   = errors.New("no Kustomer page waits for digits: press Connect to Kustomer in Sidetone, then Connect in the widget")
	ErrExpired  = errors.New("the digits were not typed within a minute: press Connect again")
	ErrWrong    = errors.New("those were not the digits")
	ErrTries    = errors.New("the digits were wrong three times: press Connect again in Sidetone")
	ErrBroken   = errors.New("the page did not keep to the protocol and was refused")
	ErrForm     = fmt.Errorf("the digits are %d figures from 0 to 9", Digits)
)

// Desk is where one page at a time is paired. It is pure: times are passed in, and one goroutine owns it. The zero value is
// not armed.
type Desk struct {
	armed time.Time // until then
	wrong int       // since it was armed

	page  Ticket // the page whose turn it is; 0: none
	until time.Time
	x     Exchange
	org   string
	bound string // C
	typed string // D as typed; "" until then
	nonce string // t
}

// Ticket names a connection; never 0.
type Ticket uint64

// Paired is a page that has proved itself and may be kept.
type Paired struct {
	Origin string
	Org    string
	Key    Key
	Nonce  string // t, for the page
}

// Arm lets one page pair from now on, for ArmedFor. It forgets an attempt under way.
func (d *Desk) Arm(now time.Time) { *d = Desk{armed: now.Add(ArmedFor)} }

// Disarm ends it.
func (d *Desk) Disarm() { *d = Desk{} }

// Deadline is when something ends by itself, the zero time if nothing will.
func (d *Desk) Deadline() time.Time {
	if d.page != 0 {
		return d.until
	}
	return d.armed
}

// Armed reports whether a page may pair now.
func (d *Desk) Armed(now time.Time) bool { return now.Before(d.armed) }

// Waiting is the page that waits for its digits: its origin and organisation, and until when. ok is false if none does.
func (d *Desk) Waiting(now time.Time) (origin, org string, until time.Time, ok bool) {
	if d.page == 0 || d.typed != "" || !now.Before(d.until) {
		return "", "", time.Time{}, false
	}
	return d.x.Origin, d.org, d.until, true
}

// Begin takes a page's key and commitment and returns the app's nonce m.
func (d *Desk) Begin(t Ticket, origin, org string, key, own Key, commitment string, now time.Time) (string, error) {
	switch {
	case !d.Armed(now):
		return "", ErrNotArmed
	case d.page != 0 && d.page != t && now.Before(d.until):
		return "", ErrBusy
	}
	d.page, d.until, d.org, d.typed, d.nonce = t, now.Add(TypeWithin), org, "", ""
	d.x = Exchange{Origin: origin, Page: key, App: own, AppNonce: NewNonce()}
	d.bound = commitment
	return d.x.AppNonce, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Type takes the digits of the person and returns the page they are for and T.
func (d *Desk) Type(digits string, now time.Time) (Ticket, string, error) {
	if d.page == 0 || d.typed != "" {
		return 0, "", ErrNoPage
	}
	if !now.Before(d.until) {
		d.drop()
		return 0, "", ErrExpired
	}
	if !isDigits(digits) {
		return 0, "", ErrForm
	}
	d.typed, d.nonce, d.until = digits, NewNonce(), now.Add(showWithin)
	return d.page, Typed(d.x.Page, d.x.App, digits, d.nonce), nil
}

func isDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) == Digits
}

// Reveal takes the page's nonce n. On success the page is paired and the desk is not armed any more. Any error ends the
// attempt: ErrWrong leaves the page the right to begin anew, ErrTries does not.
func (d *Desk) Reveal(t Ticket, nonce string, now time.Time) (Paired, error) {
	if d.page != t || d.page == 0 || d.typed == "" {
		return Paired{}, ErrBroken // of no attempt, or before the digits: a page that keeps to the protocol does neither
	}
	x, typed, org, own := d.x, d.typed, d.org, d.nonce
	bound, until := d.bound, d.until
	d.drop()
	switch x.PageNonce = nonce; {
	case !now.Before(until):
		return Paired{}, ErrExpired
	case !same(Commitment(x.Page, nonce), bound):
		return Paired{}, ErrBroken
	case same(x.Digits(), typed):
		d.Disarm()
		return Paired{Origin: x.Origin, Org: org, Key: x.Page, Nonce: own}, nil
	}
	if d.wrong++; d.wrong >= Tries {
		d.Disarm()
		return Paired{}, ErrTries
	}
	d.armed = later(d.armed, now.Add(TypeWithin)) // a person is at it: time for the new digits
	left := "Two tries left"
	if d.Left() == 1 {
		left = "One try left"
	}
	return Paired{}, fmt.Errorf("%w. Type the new ones the widget shows. %s", ErrWrong, left)
}

// Page is the page whose turn it is, 0 if none.
func (d *Desk) Page() Ticket { return d.page }

// Overdue reports whether the page whose turn it is has run out of time.
func (d *Desk) Overdue(now time.Time) bool { return d.page != 0 && !now.Before(d.until) }

// Left is how many wrong tries there may still be.
func (d *Desk) Left() int { return Tries - d.wrong }

// Gone says that a connection has ended.
func (d *Desk) Gone(t Ticket) {
	if d.page == t {
		d.drop()
	}
}

// drop ends the attempt and leaves the desk armed.
func (d *Desk) drop() { *d = Desk{armed: d.armed, wrong: d.wrong} }
