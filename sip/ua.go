// Package sip registers accounts and speaks dialogs over sipgo: SIP into news, effects into SIP.
//
// sipgo parses messages, once package tidy has read them, and package transact runs its transactions. Everything else is here: sockets
// and connections, digest, registrations, dialogs, offer and answer as far as messages go. A session description is opaque.
//
// One goroutine, Run, owns all state. What happens elsewhere (a response, a request, a timer, a password from the
// keyring) reaches it as a function in its mailbox, in order. Files: ua.go and wire.go are the owner and the wire,
// exchange.go is one request with its challenges, account.go an account, binding.go a registration of it, retired.go one that only
// calls need, outgoing.go, incoming.go and session.go a call, way.go where its requests go, fork.go the phones it rings at, reliable.go,
// alive.go, redirect.go and info.go what RFC 3262, RFC 4028, a 3xx and digits want of it; digest.go, dialog.go, party.go, diverted.go,
// autoanswer.go and message.go are pure.
package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sidetone/internal/call"
	"sidetone/sip/flow"
	"sidetone/sip/locate"
)

// Config is what a UA needs to know. The zero value of each field has a meaning.
type Config struct {
	Port      int        // local UDP port for SIP, 0 for any free one
	Local     netip.Addr // local address to bind for UDP; the zero value means all of IPv4
	UserAgent string     // the User-Agent and Server header; empty sends none

	// Password is asked when a server challenges, in a goroutine of its own; it may block until ctx ends. The password
	// is kept only while the request it is for lasts, and is never logged.
	Password func(ctx context.Context, account call.Account) (string, error)

	AlsoFrom []netip.Prefix  // where calls may come from over UDP, beside the accounts' servers
	Resolver locate.Resolver // of servers' names; nil: the computer's own
	Trust    flow.Trust      // of servers over TLS and WebSocket
	Proxy    *url.URL        // web proxy for TCP, TLS and WebSocket (http://host:port); nil: none
	Instance string          // names this phone for good, a UUID (RFC 5626 §4.1); empty: it has no name

	// Trace is told of every message as it is on the wire, secrets included, and of what becomes of lines and connections, in order,
	// from a goroutine of its own; nil: nobody is.
	Trace func(Wire)

	Log *slog.Logger // nil: silence. At most the last two digits of a number are logged.

	T1      time.Duration // round-trip estimate (RFC 3261 §17.1.1.1), 0 for 500 ms; the transaction timers are sipgo's own
	Expires int           // seconds asked for in REGISTER, 0 for 300
	Session int           // seconds a call lasts without a sign of the far end (RFC 4028), 0 for 1800
}

// Wire is one message on the wire, or a note of what happened there.
type Wire struct {
	At            time.Time
	Sent          bool // by us
	Transport     string
	Local, Remote netip.AddrPort
	Text          []byte
	Note          string // not empty: there is no message
}

// UA is the user agent: all accounts and all dialogs of this phone.
type UA struct {
	cfg  Config
	sink func(call.News)
	box  *mailbox

	server atomic.Pointer[netip.AddrPort] // where the account registered last has its server, for Local

	farewell time.Duration // politeness, shorter in tests of something else
	listen   listener

	// Owned by the goroutine of Run.
	gate          *gate // filled here, asked by the socket's readers
	wire          *wire
	scribe        *scribe
	accounts      map[string]*account
	legs          map[call.ID]*leg
	dialogs       map[string]*leg
	subscriptions map[string]*subscription
	presence      call.Publish
	links         map[string]*link // open connections, by target
	opening       map[string]*opening
	closing       bool
	work          func(f func(ctx context.Context) func()) // runs f elsewhere; what it returns runs here. Set by Run
}

// New makes a UA and starts nothing. sink is called from the goroutine of Run, in order; it must not block for long.
func New(cfg Config, sink func(call.News)) *UA {
	if cfg.T1 <= 0 {
		cfg.T1 = 500 * time.Millisecond
	}
	if cfg.Expires <= 0 {
		cfg.Expires = 300
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Resolver == nil {
		cfg.Resolver = locate.NewSystem("")
	}
	if cfg.Password == nil {
		cfg.Password = func(context.Context, call.Account) (string, error) {
			return "", fmt.Errorf("no password is known")
		}
	}
	return &UA{
		cfg: cfg, sink: sink, box: newMailbox(), farewell: politeness, listen: listenNet,
		accounts: map[string]*account{}, legs: map[call.ID]*leg{}, gate: newGate(cfg.AlsoFrom), dialogs: map[string]*leg{}, subscriptions: map[string]*subscription{}, links: map[string]*link{}, opening: map[string]*opening{},
	}
}

// politeness is how long Run takes at most to hang up and un-register after its context ended.
const politeness = 1400 * time.Millisecond

// Run opens the socket and lives until ctx ends; then it hangs up every call, un-registers every account with our own
// contact only, and returns nil within about 1.5 s. It fails only if the local port cannot be opened. Run it once.
func (u *UA) Run(ctx context.Context) error {
	u.scribe = newScribe(u.cfg.Trace)
	defer u.scribe.close()
	w, err := openWire(u)
	if err != nil {
		return err
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	u.wire = w
	u.work = func(f func(context.Context) func()) {
		workers.Go(func() {
			if then := f(work); then != nil {
				u.box.post(then)
			}
		})
	}
	u.loop(ctx.Done())
	u.closing = true
	u.leave()
	late, cancel := context.WithTimeout(work, u.farewell)
	defer cancel()
	for !u.left() && u.step(late.Done()) {
	}
	u.endAll()
	stop()
	w.close()
	u.box.close()
	workers.Wait()
	return nil
}

// loop executes what the mailbox brings until stop.
func (u *UA) loop(stop <-chan struct{}) {
	for u.step(stop) {
	}
}

// step waits for one delivery and executes it; false when stop came first.
func (u *UA) step(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return false
	case <-u.box.wake:
		for _, f := range u.box.take() {
			f()
		}
		return true
	}
}

// Do carries out an effect. It returns at once and may be called from any goroutine, also before Run; effects are
// carried out in the order of the calls.
func (u *UA) Do(e call.SignalEffect) { u.box.post(func() { u.effect(e) }) }

func (u *UA) effect(e call.SignalEffect) {
	switch e := e.(type) {
	case call.UseAccounts:
		u.useAccounts(e.Accounts)
	case call.Reregister:
		if a := u.accounts[e.Account]; a != nil {
			a.register()
		}
	case call.CheckWay:
		for _, a := range u.accounts {
			for _, b := range slices.Clone(a.bindings) {
				b.checkWay(e.Slept)
			}
		}
	case call.Invite:
		u.invite(e)
	case call.End:
		u.end(e)
	case call.SendRinging:
		u.onLeg(e.ID, (*leg).ring)
	case call.Accept:
		u.onLeg(e.ID, func(l *leg) { l.accept(e.SDP) })
	case call.Reoffer:
		u.onLeg(e.ID, func(l *leg) { l.reoffer(e.SDP) })
	case call.Probe:
		u.onLeg(e.ID, func(l *leg) { l.probe(e.Excused) })
	case call.WatchNumbers:
		u.watchNumbers(e)
	case call.Publish:
		u.publish(e)
	case call.Refer:
		u.onLeg(e.ID, func(l *leg) { l.refer(e) })
	case call.Forsake:
		u.onLeg(e.ID, (*leg).forsake)
	case call.Stay:
		u.onLeg(e.ID, (*leg).stay)
	case call.Follow:
		u.onLeg(e.ID, func(l *leg) { l.follow(e.On) })
	case call.Forward:
		u.forward(e)
	case call.AnswerOffer:
		u.onLeg(e.ID, func(l *leg) { l.answerOffer(e.SDP) })
	case call.RefuseOffer:
		u.onLeg(e.ID, func(l *leg) { l.refuseOffer(e.Status) })
	case call.SendInfo:
		u.onLeg(e.ID, func(l *leg) { l.sendInfo(e.Digits) })
	}
}

// Local is our address on the way to the server of the account that registered last, for session descriptions; the zero value
// before the first has found its server. A laptop changes networks: the system is asked anew each time. It may be called from
// any goroutine.
func (u *UA) Local() netip.Addr {
	server := u.server.Load()
	if server == nil {
		return netip.Addr{}
	}
	ip, err := localIPFor(*server)
	if err != nil {
		return netip.Addr{}
	}
	return ip
}

// onLeg applies f to a call we still know; an effect for one that just ended is late and means nothing.
func (u *UA) onLeg(id call.ID, f func(*leg)) {
	if l := u.legs[id]; l != nil {
		f(l)
	}
}

func (u *UA) end(e call.End) {
	if l := u.legs[e.ID]; l != nil {
		l.hangup(e.Status)
		return
	}
	u.happened(e.ID, call.RemoteEnded{Reason: call.Reason{Cause: call.Cancelled, Detail: "signalling knew nothing of this call"}})
}

func (u *UA) forward(e call.Forward) {
	if l := u.legs[e.ID]; l != nil && l.state == offered {
		l.forward(e.Target)
		return
	}
	u.end(call.End{ID: e.ID, Status: 480})
}

func (u *UA) happened(id call.ID, e call.Event) { u.sink(call.Happened{ID: id, Event: e}) }

// leave starts to hang up and to un-register everything.
func (u *UA) leave() {
	for _, l := range u.legs {
		l.hangup(480)
	}
	for _, a := range u.accounts {
		a.unregister()
	}
}

// left reports whether nothing is waited for any more.
func (u *UA) left() bool {
	if len(u.legs) > 0 {
		return false
	}
	for _, a := range u.accounts {
		if a.leaving > 0 {
			return false
		}
	}
	return true
}

// endAll ends what the far end did not agree to end in time.
func (u *UA) endAll() {
	for _, l := range u.legs {
		l.over(call.Reason{Cause: call.Lost, Detail: "the program ended before the far end agreed"})
	}
}

// after calls f on the owner's goroutine once d has passed, unless the returned function was called before.
func (u *UA) after(d time.Duration, f func()) (stop func()) {
	stopped := false // owned by the owner's goroutine
	t := time.AfterFunc(d, func() {
		u.box.post(func() {
			if !stopped {
				f()
			}
		})
	})
	return func() {
		stopped = true
		t.Stop()
	}
}

// mailbox is the ordered, unbounded way to the owner. It never blocks who posts.
type mailbox struct {
	mu    sync.Mutex
	items []func()
	shut  bool
	wake  chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) post(f func()) {
	m.mu.Lock()
	if !m.shut {
		m.items = append(m.items, f)
	}
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	items := m.items
	m.items = nil
	return items
}

func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut, m.items = true, nil
}
