// Package wire is the bridge's messages: versioned plain structs, parsed strictly.
//
// Every message is one JSON object in one WebSocket text message. The app sends Challenge first; the page answers with Hello
// and is let in with Welcome, or with Pair to become known (package pairing says how both prove themselves). Unknown types
// and unknown fields are refused: what the app does not understand must not half work. The texts in what Parse returns are safe to
// draw.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sidetone/internal/call"
)

// Version is the protocol's version; a page of another version is told so and disconnected.
const Version = 1

// MaxMessage bounds a message from the page, in bytes.
const MaxMessage = 4096

// ErrMessage says that a message does not follow the protocol.
var ErrMessage = errors.New("the message does not follow the protocol")

// FromPage is a message of the widget: *Hello, *Pair, *PairReveal, *NumberDialed, *KustomerStatus, *StatusApplied, *StatusFailed,
// *Customer, *Popped, *Logged, *LogFailed or *Command.
type FromPage interface{ check() error }

type (
	// Hello is the first message of a page that is paired: its proof. Origin is the page's own; it must be the
	// connection's, unless that comes from the app's own popup.
	Hello struct {
		V      int    `json:"v"`
		Origin string `json:"origin"`
		Org    string `json:"org,omitempty"` // Kustomer organisation, for show
		Key    string `json:"key"`           // ID of the page's key
		Nonce  string `json:"nonce"`
		Sig    string `json:"sig"`
	}
	// Pair is the first message of a page that is not.
	Pair struct {
		V      int    `json:"v"`
		Origin string `json:"origin"`
		Org    string `json:"org,omitempty"`
		Key    string `json:"key"` // the page's public key
		Commit string `json:"commit"`
	}
	// PairReveal opens what Pair committed to.
	PairReveal struct {
		Nonce string `json:"nonce"`
	}
	// NumberDialed is one click on a number in Kustomer. ID names the click: the same ID dials once, so a page that lost its
	// connection before the result may say it again, with the time that has passed since the click.
	NumberDialed struct {
		ID     string `json:"id"`
		Number string `json:"number"`
		Age    int    `json:"age,omitempty"` // milliseconds, 0 to 10000
	}
)

// Parse reads one message of a page. The error wraps ErrMessage and never repeats what was sent.
func Parse(b []byte) (FromPage, error) {
	if len(b) > MaxMessage {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrMessage, MaxMessage)
	}
	fields := map[string]json.RawMessage{}
	dec := json.NewDecoder(bytes.NewReader(b))
	if err := dec.Decode(&fields); err != nil {
		return nil, fmt.Errorf("%w: it is not a JSON object", ErrMessage)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows the object", ErrMessage)
	}
	var kind string
	if err := json.Unmarshal(fields["type"], &kind); err != nil {
		return nil, fmt.Errorf("%w: it has no type", ErrMessage)
	}
	m := empty(kind)
	if m == nil {
		return nil, fmt.Errorf("%w: its type is unknown", ErrMessage)
	}
	delete(fields, "type")
	if err := strict(fields, m); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	if t, ok := m.(interface{ tidy() }); ok {
		t.tidy()
	}
	return m, nil
}

func empty(kind string) FromPage {
	switch kind {
	case "hello":
		return &Hello{}
	case "pair":
		return &Pair{}
	case "pair-reveal":
		return &PairReveal{}
	case "number-dialed":
		return &NumberDialed{}
	case "kustomer-status":
		return &KustomerStatus{}
	case "status-applied":
		return &StatusApplied{}
	case "status-failed":
		return &StatusFailed{}
	case "customer":
		return &Customer{}
	case "popped":
		return &Popped{}
	case "logged":
		return &Logged{}
	case "log-failed":
		return &LogFailed{}
	case "command":
		return &Command{}
	}
	return nil
}

func strict(fields map[string]json.RawMessage, into any) error {
	b, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("%w: it cannot be read", ErrMessage)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%w: a field is unknown or of the wrong kind", ErrMessage)
	}
	return nil
}

func (h *Hello) tidy() { h.Org = call.Plain(h.Org) }
func (p *Pair) tidy()  { p.Org = call.Plain(p.Org) }

func (h *Hello) check() error {
	if !token(h.Key) || !token(h.Nonce) || !signature(h.Sig) {
		return errors.New("key, nonce or sig has not its form")
	}
	return place(h.Origin, h.Org)
}

func (p *Pair) check() error {
	if !signature(p.Key) || !token(p.Commit) {
		return errors.New("key or commit has not its form")
	}
	return place(p.Origin, p.Org)
}

func (r *PairReveal) check() error {
	if !token(r.Nonce) {
		return errors.New("nonce has not its form")
	}
	return nil
}

// place checks where a page says it is.
func place(origin, org string) error {
	switch {
	case origin == "" || len(origin) > 256 || strings.ContainsAny(origin, " \"'") || !printable(origin):
		return errors.New("origin is not one")
	case len(org) > 64 || !printable(org):
		return errors.New("org is not a name")
	}
	return nil
}

func (n *NumberDialed) check() error {
	if !token(n.ID) {
		return errors.New("id is not 1 to 64 letters, digits or dashes")
	}
	if len(n.Number) > 64 || !printable(n.Number) {
		return errors.New("number is too long or not printable")
	}
	if n.Age < 0 || n.Age > 10000 {
		return errors.New("age is not 0 to 10000 milliseconds")
	}
	return nil
}

func oneOf(s, list string) bool {
	for _, w := range strings.Fields(list) {
		if s == w {
			return true
		}
	}
	return false
}

func token(s string) bool { return word(s, 64) }

// signature is what a signature or a public key looks like.
func signature(s string) bool { return word(s, 128) }

func word(s string, most int) bool {
	return s != "" && len(s) <= most &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return false
		}
	}
	return true
}

// ToPage is a message of the app: Challenge, Welcome, Refused, PairChallenge, PairCommit, Paired, State or Result.
type ToPage interface{ kind() string }

type (
	// Challenge is the first message of a connection; it says nothing of who speaks.
	Challenge struct {
		V     int    `json:"v"`
		Nonce string `json:"nonce"`
	}
	// Welcome answers Hello: the app's proof.
	Welcome struct {
		V       int    `json:"v"`
		App     string `json:"app"`
		Version string `json:"version"`
		Sig     string `json:"sig"`
	}
	// Refused answers Hello, Pair or PairReveal. A page that was refused may send Pair, but not after "full" and "closed".
	Refused struct {
		Code string `json:"code"` // "unpaired", "not-armed", "busy", "expired", "wrong-digits", "cancelled", "full" or "closed"
		Text string `json:"text"` // one sentence
	}
	// PairChallenge answers Pair.
	PairChallenge struct {
		Key     string `json:"key"` // the app's public key
		Nonce   string `json:"nonce"`
		Seconds int    `json:"seconds"` // for typing
		Left    int    `json:"left"`    // wrong tries there may be
	}
	// PairCommit says that digits were typed.
	PairCommit struct {
		Commit string `json:"commit"`
	}
	// Paired opens what PairCommit committed to: both know each other from now on. The page connects anew.
	Paired struct {
		Nonce string `json:"nonce"`
	}
	// State is the phone as the widget shows it, complete; the latest wins.
	State struct {
		Seq     uint64 `json:"seq"`
		Ready   bool   `json:"ready"` // calls reach this phone
		Line    string `json:"line"`
		Warning string `json:"warning,omitempty"`
		Calls   []Call `json:"calls"`
		Last    *Last  `json:"last,omitempty"`
		Status  Status `json:"status"`

		// For a page that speaks another language than English; what it does not know it says as it is written here.
		LineCode    string `json:"line_code,omitempty"` // none, wrong, off, registering, ready, refused or unreachable
		LineName    string `json:"line_name,omitempty"` // "142"
		WarningCode string `json:"warning_code,omitempty"`

		Want   *Want  `json:"want,omitempty"`   // this widget, and no other, must set it in Kustomer
		Speaks bool   `json:"speaks,omitempty"` // this widget is the one that is listened to: when it becomes so it reads and says found
		Called uint64 `json:"called,omitempty"` // the newest rev known to be called, by whichever widget
		Pop    *Pop   `json:"pop,omitempty"`    // this widget, and no other, must open it
		Log    *Log   `json:"log,omitempty"`    // this widget, and no other, must bring it into Kustomer
		Draft  *Draft `json:"draft,omitempty"`  // absent: there is nothing to write about
	}
	// Call is one live call.
	Call struct {
		ID         string    `json:"id"`
		Direction  string    `json:"direction"`
		Name       string    `json:"name,omitempty"`
		Number     string    `json:"number,omitempty"`
		NumberText string    `json:"number_text,omitempty"` // as people read it, the same in every front end
		Phase      string    `json:"phase"`
		Held       bool      `json:"held"`
		RemoteHeld bool      `json:"remote_held"`
		Muted      bool      `json:"muted"`
		CreatedAt  time.Time `json:"created_at"`
		AnsweredAt time.Time `json:"answered_at,omitzero"`
		HeldAt     time.Time `json:"held_at,omitzero"`
		Customer   *Lookup   `json:"customer,omitempty"` // absent: there is no number to look up
	}
	// Last is the call that ended last.
	Last struct {
		Direction  string    `json:"direction"`
		Name       string    `json:"name,omitempty"`
		Number     string    `json:"number,omitempty"`
		NumberText string    `json:"number_text,omitempty"` // as people read it, the same in every front end
		Reason     string    `json:"reason"`
		Cause      string    `json:"cause,omitempty"` // what Reason says, for a page that speaks another language
		Missed     bool      `json:"missed"`
		CreatedAt  time.Time `json:"created_at"` // when it began, as in the window's history
	}
	// Result answers NumberDialed and Command.
	Result struct {
		ID   string `json:"id"`
		OK   bool   `json:"ok"`
		Code string `json:"code,omitempty"`
		Text string `json:"text,omitempty"` // one sentence if not OK
	}
)

func (Challenge) kind() string     { return "challenge" }
func (Welcome) kind() string       { return "welcome" }
func (Refused) kind() string       { return "refused" }
func (PairChallenge) kind() string { return "pair-challenge" }
func (PairCommit) kind() string    { return "pair-commit" }
func (Paired) kind() string        { return "paired" }
func (State) kind() string         { return "state" }
func (Result) kind() string        { return "result" }

// Format writes one message of the app.
func Format(m ToPage) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("a message for the widget cannot be written: %w", err)
	}
	head := `{"type":"` + m.kind() + `",`
	return append([]byte(head), body[1:]...), nil
}
