package ui

import (
	"slices"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/health"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// scene is which face of the phone is shown.
type scene int

const (
	sceneIdle scene = iota
	sceneIncoming
	sceneCall
	sceneTwo    // two calls, or one and a question
	sceneAsk    // a call waits for the agent's word
	sceneWrapUp // the work after a call
)

// view is everything the phone pane shows, made from a snapshot by viewOf alone.
type view struct {
	scene    scene
	call     call.ID
	proposal string // key of the call to decide about
	plate    plateView
	muted    bool
	held     bool
	settling bool // a hold or resume is being agreed
	live     bool // mute, hold and keys make sense
	sent     string
	banner   bannerView
	fix      health.Code
	footer   string
	ready    bool
	secure   bool // signalling is encrypted
	wrap     wrapView
	caller   callerView
	notes    notesView
	others   []otherView // beside the call in front, at most maxOthers
	pair     pairView
	joined   bool    // in a conference
	mayPass  bool    // the call may be passed on
	mayAdd   bool    // there is room for a further one
	back     call.ID // the call that is being passed on and can be taken back; empty: none
	who      string
	rings    string // whether calls come
	away     string // why no call rings here; empty: calls do
	forward  phone.Forward

	colleagues []phone.Colleague
}

// failedFor is how long it is said what became of the last call, if no other begins before.
const failedFor = 12 * time.Second

// viewOf is the whole decision of what to show. It is pure.
func viewOf(s phone.Snapshot, now time.Time) view {
	v := view{}
	v.footer, v.ready, v.secure = footer(s)
	v.banner, v.fix = bannerOf(s, now)
	v.forward = s.Quiet.Forward
	v.rings = ringsOf(s, v.ready)
	for _, w := range s.Warnings {
		if w.Code == health.TurnsAway && s.Presence.Status == presence.Available {
			v.away = w.Text
		}
	}
	c, ok := current(s)
	if !ok && s.Asking != nil {
		return asking(v, *s.Asking)
	}
	if !ok && s.Presence.Status == presence.WrapUp && !s.Presence.Until.IsZero() {
		v.scene, v.wrap, v.notes = sceneWrapUp, wrapUpOf(s, now), notesOf(s)
		if c, ok := wrapped(s); ok {
			v.caller = callerOf(s, c.ID, sceneWrapUp, now)
		}
	}
	if !ok {
		return v
	}
	v.call, v.muted, v.held, v.sent = c.ID, c.Muted, c.Held, c.Sent
	v.settling, v.live = c.Pending != call.Settled, c.Phase == call.Active
	v.scene = sceneCall
	if c.Phase == call.Offered {
		v.scene = sceneIncoming
	}
	v.plate = plateOf(c, now)
	v.plate.known(s, c, now)
	v.caller = callerOf(s, c.ID, v.scene, now)
	v.colleagues, v.who = others(s.Colleagues, c), first(s, c, "The call")
	if v.live {
		v.notes = notesOf(s)
		v.plate.passing(c)
		v.mayAdd = !c.Transfer.UnderWay() && begun(s) < phone.MaxCalls
		v.mayPass = !c.Transfer.UnderWay() && !consulting(s, c)
		v.settling = v.settling || c.Transfer.UnderWay()
	}
	if b := ofCalls(s, c, now); b.text != "" {
		v.banner, v.fix = b, ""
	}
	v.back = passed(s)
	if v.others = othersOf(s, c, now); len(v.others) > 0 && v.scene == sceneCall {
		v.scene, v.pair, v.joined = sceneTwo, pairOf(s, c), c.Joined
	}
	return v
}

// ringsOf says whether calls ring here, which follows from no status but Available: calls are the server's, not Kustomer's.
func ringsOf(s phone.Snapshot, ready bool) string {
	away := slices.ContainsFunc(s.Warnings, func(w health.Warning) bool { return w.Code == health.TurnsAway })
	switch {
	case !ready || away:
		return "No calls ring here."
	case s.Presence.Status == presence.Offline:
		return "Calls still ring here."
	}
	return "Calls can reach you."
}

// stuckFor is how long a call may be set up before the window says that this is long.
const stuckFor = 8 * time.Second

// ofCalls is what the slot says of the calls that are on: a transfer that came to nothing for a while; or, where no warning stands
// that is the reason, that a call does not come about.
func ofCalls(s phone.Snapshot, front call.Call, now time.Time) bannerView {
	for _, c := range append(beside(s, front), front) {
		if text, detail := passedOr(c, now); text != "" {
			return bannerView{text: text, detail: detail}
		}
	}
	if front.Phase == call.Dialing && len(s.Warnings) == 0 && now.Sub(front.CreatedAt) >= stuckFor {
		return bannerView{text: "It does not ring there yet.", detail: "It is still being set up. Hang up to give it up."}
	}
	return bannerView{}
}

// asking is the face of a call that somebody else wants, or that looks mistaken.
func asking(v view, p phone.Proposal) view {
	v.scene, v.proposal = sceneAsk, p.Key
	v.plate = plateView{kind: plateRing, shape: "ringing", still: true, state: "Call this number?", name: p.Shown}
	if p.Origin == "kustomer" || p.Origin == "link" {
		v.plate.state = "Kustomer asks for a call"
	}
	if p.Origin == "link" {
		v.plate.state = "A link asks for a call"
	}
	v.banner, v.fix = bannerView{text: "You are asked first.", detail: p.Why}, ""
	return v
}

// current is the call the pane is about: the one in front; else the newest that was made or answered, else one that rings.
func current(s phone.Snapshot) (call.Call, bool) {
	for _, c := range s.Calls {
		if c.ID == s.Front && c.Phase < call.Ending {
			return c, true
		}
	}
	for i := len(s.Calls) - 1; i >= 0; i-- {
		if p := s.Calls[i].Phase; p < call.Ending && p != call.Offered {
			return s.Calls[i], true
		}
	}
	for i := len(s.Calls) - 1; i >= 0; i-- {
		if s.Calls[i].Phase < call.Ending {
			return s.Calls[i], true
		}
	}
	return call.Call{}, false
}

func plateOf(c call.Call, now time.Time) plateView {
	v := plateView{kind: plateLive, shape: "busy", voice: true}
	v.name, v.number = who(c.Remote)
	v.aside = c.Detour()
	switch {
	case c.Phase == call.Offered:
		v.kind, v.shape, v.voice = plateRing, "ringing", false
		v.state = "Ringing " + short(now.Sub(c.CreatedAt))
		if v.number == "" {
			v.number = unknownCaller
		}
		return v
	case c.Phase == call.Dialing:
		v.state, v.shape, v.voice = "Calling", "ringing", false
		return v
	case c.Phase == call.Ringing:
		v.state, v.shape, v.voice = "Ringing there", "ringing", c.EarlyMedia
		return v
	case c.Phase == call.Answering:
		v.state = "Connecting"
		return v
	case c.Holding() != c.Held: // the other side has not answered yet; our sound is off or on already
		v.kind, v.shape, v.still = plateHold, "hold", true
		v.state = "Being taken back …"
		if c.Holding() {
			v.state = "Being held …"
		}
	case c.Held:
		v.kind, v.shape, v.still = plateHold, "hold", true
		v.state = "On hold " + short(now.Sub(c.HeldAt))
	case c.RemoteHeld:
		v.kind, v.shape, v.still = plateHold, "hold", true
		v.state = "They put you on hold"
	case c.Muted:
		v.state = "You are muted"
	case c.Joined:
		v.state = "In the conference"
	default:
		v.state = "Live"
	}
	v.timer = stopwatch(c.Duration(now))
	return v
}

// footer is the line at the bottom: whether it is ready, and whether what is said to the server is encrypted on the way. Without
// a transport in the settings nobody knows before the DNS was asked: then nothing is claimed.
func footer(s phone.Snapshot) (text string, ready, secure bool) {
	if len(s.Accounts) == 0 {
		return "No line is set up.", false, false
	}
	a := s.Accounts[0]
	for _, l := range s.Accounts {
		if l.Line.State == call.LineReady {
			a = l
			break
		}
	}
	user, host, _, err := a.AOR()
	if err != nil {
		return err.Error(), false, false
	}
	switch a.Line.State {
	case call.LineReady:
		return "Line " + user + " is ready · " + host, true, a.Transport == "tls" || a.Transport == "wss"
	case call.LineRegistering:
		return "Line " + user + " is being registered · " + host, false, false
	}
	return "Line " + user + " is not ready · " + host, false, false
}

// bannerOf is what the reserved slot says: what became of the last call, for a while, unless the phone cannot call at all; else the
// worst warning. What is said of a call that was never answered here yields to any warning, which is the reason mostly.
func bannerOf(s phone.Snapshot, now time.Time) (bannerView, health.Code) {
	if r := s.Refused; r != nil && fresh(s, r.At, now) {
		return bannerView{text: r.Number + " was not called.", detail: r.Text}, ""
	}
	l, ok := lastEnded(s)
	told := ok && fresh(s, l.EndedAt, now) && notable(l)
	if len(s.Warnings) > 0 {
		w := s.Warnings[0]
		if told && w.Severity != health.Down && (l.Direction == call.Outgoing || !l.AnsweredAt.IsZero()) {
			return noticeOf(l), ""
		}
		b := bannerView{text: w.Text, fix: w.Fix, bad: w.Severity == health.Down}
		if at := retryAt(s); w.Code == health.LineDown && at.After(now) {
			b.text, b.detail = "The line is not ready.", w.Text
		}
		return b, w.Code
	}
	if told {
		return noticeOf(l), ""
	}
	if text := forwardsOf(s.Quiet.Forward); text != "" && len(s.Calls) == 0 {
		return bannerView{text: text, fix: "End"}, fixForwarding
	}
	return bannerView{}, ""
}

// fixForwarding is the way out of forwarding, which is no warning.
const fixForwarding health.Code = ""

// noticeOf is what became of a call. What the agent or a colleague did with it is no warning.
func noticeOf(c call.Call) bannerView {
	name, _ := who(c.Remote)
	v := bannerView{text: ending(c), detail: name}
	switch c.Reason.Cause {
	case call.Transferred, call.Replaced, call.TakenBack, call.AnsweredElsewhere:
		v.good = true
	case call.Forwarded, call.DoNotDisturb:
		v.good = c.Direction == call.Incoming
	}
	return v
}

// ending is what became of a call, in a sentence.
func ending(c call.Call) string {
	if c.Reason.Cause == call.Transferred && c.Transfer.State == call.TransferLate {
		return "The call went to " + call.Plain(c.Transfer.To) + " all the same."
	}
	return c.Reason.Sentence(c.Direction)
}

// fresh reports whether something that happened is still said: not for long, and no further call has begun since.
func fresh(s phone.Snapshot, at, now time.Time) bool {
	return now.Sub(at) < failedFor && !slices.ContainsFunc(s.Calls, func(c call.Call) bool { return c.CreatedAt.After(at) })
}

// lastEnded is the call that ended last, also one whose end the far side has not confirmed yet.
func lastEnded(s phone.Snapshot) (best call.Call, ok bool) {
	if s.Last != nil {
		best, ok = *s.Last, true
	}
	for _, c := range s.Calls {
		if c.Phase == call.Ending && (!ok || c.EndedAt.After(best.EndedAt)) {
			best, ok = c, true
		}
	}
	return best, ok
}

func retryAt(s phone.Snapshot) time.Time {
	for _, a := range s.Accounts {
		if a.Line.State == call.LineUnreachable {
			return a.Line.Retry
		}
	}
	return time.Time{}
}

// notable reports whether the agent is told how a call ended.
func notable(c call.Call) bool {
	switch c.Reason.Cause {
	case call.Completed, call.RemoteHangup, call.Cancelled:
		return false
	case call.Declined:
		return c.Direction == call.Outgoing
	}
	return true
}
