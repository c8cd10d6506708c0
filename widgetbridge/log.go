package widgetbridge

import (
	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
	"sidetone/widgetbridge/wire"
)

// logging is the try that was given to a widget. It stays with that widget, whoever speaks by then: a second one that begins
// while the first still works could write the call twice.
type logging struct {
	call call.ID
	try  int
	by   *widget // nil: it is answered
}

// giveLog gives a new try to the widget that speaks.
func (h *hub) giveLog() {
	t := h.snap.Task
	if t == nil || h.speaker == nil || t.Call == h.log.call && t.Try == h.log.try {
		return
	}
	h.log = logging{t.Call, t.Try, h.speaker}
}

// logOf is what a widget must bring into Kustomer.
func (h *hub) logOf(w *widget) *wire.Log {
	t := h.snap.Task
	if t == nil || h.log.by != w || t.Call != h.log.call || t.Try != h.log.try {
		return nil
	}
	direction := "out"
	if t.In {
		direction = "in"
	}
	e := t.Entry
	return &wire.Log{
		Call: string(t.Call), Try: t.Try, External: t.External, Customer: t.Customer, Number: t.Number, Name: t.Name, Create: t.Create, New: t.New,
		Status: t.Status, Direction: direction, Subject: t.Subject, Preview: t.Preview, SentAt: e.CreatedAt,
		Meta: wire.LogMeta{
			Outcome: string(e.Outcome), Disposition: e.Disposition, Notes: e.Note, Number: e.Number, Line: e.Line, StartedAt: e.CreatedAt,
			AnsweredAt: e.AnsweredAt, EndedAt: e.EndedAt, Seconds: int(e.Talked().Seconds()), Reason: string(e.Reason.Cause),
		},
	}
}

// mine reports whether a widget was given this try, which is answered then.
func (h *hub) mine(w *widget, id string, try int) bool {
	if w == nil || w != h.log.by || callID(id) != h.log.call || try != h.log.try {
		return false
	}
	h.log.by = nil
	return true
}

func (h *hub) logged(w *widget, m *wire.Logged) {
	if h.mine(w, m.Call, m.Try) {
		h.cfg.Phone.Report(phone.Logged{Call: callID(m.Call), Try: m.Try, Message: m.Message, Conversation: m.Conversation, Customer: m.Customer})
	}
}

func (h *hub) logFailed(w *widget, m *wire.LogFailed) {
	if h.mine(w, m.Call, m.Try) {
		h.cfg.Log.Info("Kustomer did not take a call into its log", "step", m.At, "status", m.Status)
		f := calllog.Failure{Stage: calllog.Stage(m.At), Status: m.Status}
		for _, c := range m.Candidates {
			f.Candidates = append(f.Candidates, calllog.Candidate{ID: c.ID, Name: call.Plain(c.Name)})
		}
		h.cfg.Phone.Report(phone.LogFailed{Call: callID(m.Call), Try: m.Try, Failure: f})
	}
}

// logLost says that the widget with the try has gone: Kustomer may have the call or not.
func (h *hub) logLost(w *widget) {
	if h.mine(w, string(h.log.call), h.log.try) {
		h.cfg.Phone.Report(phone.LogFailed{Call: h.log.call, Try: h.log.try})
	}
}

// draft is what a widget shows of the notes.
func draft(s phone.Snapshot) *wire.Draft {
	d := s.Draft
	if d == nil {
		return nil
	}
	return &wire.Draft{Call: string(d.Call), Note: d.Note, Disposition: d.Disposition, Choices: s.Log.Dispositions, Customer: lookup(s, d.Call)}
}
