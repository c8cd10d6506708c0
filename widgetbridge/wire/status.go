package wire

import (
	"errors"
	"time"

	"sidetone/internal/call"
)

// What a page says of the agent's status in Kustomer.
type (
	// KustomerStatus is the agent's status in Kustomer, translated by the admin's map to one of ours. A read that a change or a
	// push has overtaken is not sent but read again.
	KustomerStatus struct {
		Status string `json:"status"`
		Label  string `json:"label,omitempty"`  // Kustomer's own name for it
		Ref    string `json:"ref,omitempty"`    // Kustomer's id of it
		System bool   `json:"system,omitempty"` // one of Kustomer's built-in statuses
		How    string `json:"how,omitempty"`    // changed, found, read-back or polled; empty: not said
		After  uint64 `json:"after,omitempty"`  // of a read: the newest rev known to be called when it began, by Want or Called
		Took   uint64 `json:"took,omitempty"`   // of a read: the newest rev that this page has seen Kustomer take, ever
	}
	// StatusApplied says that requestUpdateUserStatus is called for the wish Rev. It is sent with the call, before anything
	// that is heard after it; whether the call helped is read back.
	StatusApplied struct {
		Rev   uint64 `json:"rev"`
		Blind bool   `json:"blind,omitempty"` // the work session may not be read
	}
	// StatusFailed says that Kustomer refused the wish Rev. Why is a sentence in English, Code a word for it that comes back in
	// Notice.Failure.
	StatusFailed struct {
		Rev  uint64 `json:"rev"`
		Why  string `json:"why,omitempty"`
		Code string `json:"code,omitempty"`
	}
)

// What the app says of the agent's status. Sentences are in English; beside each stands what a page needs to say it in the
// agent's own language.
type (
	// Status is the agent's one status and why.
	Status struct {
		Status  string     `json:"status"`
		Label   string     `json:"label"`
		Why     string     `json:"why"`
		Because string     `json:"because,omitempty"` // what Why says: call, wrap-up, unreachable, app, kustomer or start
		Since   time.Time  `json:"since"`
		Next    *Named     `json:"next,omitempty"`   // what follows by itself
		Until   time.Time  `json:"until,omitzero"`   // of a wrap-up: when it ends by itself
		Longest time.Time  `json:"longest,omitzero"` // of a wrap-up: how far it can be extended
		Notice  *Notice    `json:"notice,omitempty"` // what the agent should read at once
		Recent  []Decision `json:"recent,omitempty"` // the last decisions, newest first
	}
	// Named is a status with the name to show: ours in English, or Kustomer's own.
	Named struct {
		Status string `json:"status"`
		Label  string `json:"label"`
	}
	// Notice is one thing to read at once. Codes: turned, ignored, refused, pending, uncertain, differs, unreachable,
	// unreachable-still, kind-only.
	Notice struct {
		Code    string    `json:"code"`
		Text    string    `json:"text"`
		Wanted  *Named    `json:"wanted,omitempty"`
		There   *Named    `json:"there,omitempty"` // what Kustomer shows
		At      time.Time `json:"at,omitzero"`
		Failure string    `json:"failure,omitempty"` // the page's own word, from StatusFailed
	}
	// Decision is one change of the status and why.
	Decision struct {
		At    time.Time `json:"at"`
		Cause string    `json:"cause"`
		To    Named     `json:"to"`
		Until time.Time `json:"until,omitzero"` // of a wrap-up that begins
		Text  string    `json:"text"`
	}
	// Want is a status to set in Kustomer with requestUpdateUserStatus, once for each Rev.
	Want struct {
		Rev    uint64 `json:"rev"`
		Status string `json:"status"`        // value of fallbackStatusType
		Ref    string `json:"ref,omitempty"` // id of the very status, where it can be set
	}
)

func (k *KustomerStatus) check() error {
	switch {
	case !oneOf(k.Status, "available busy wrap-up unavailable offline") || len(k.Label) > 128 || !printable(k.Label):
		return errors.New("status or label is not one")
	case len(k.Ref) > 128 || !printable(k.Ref):
		return errors.New("ref is too long or not printable")
	case k.How != "" && !oneOf(k.How, "changed found read-back polled"):
		return errors.New("how is not a way to learn a status")
	}
	return nil
}

func (k *KustomerStatus) tidy() { k.Label = call.Plain(k.Label) }

func (*StatusApplied) check() error { return nil }

func (s *StatusFailed) check() error {
	if len(s.Why) > 512 || !printable(s.Why) || s.Code != "" && !word(s.Code, 32) {
		return errors.New("why or code is too long or not printable")
	}
	return nil
}

func (s *StatusFailed) tidy() { s.Why = call.PlainText(s.Why) }
