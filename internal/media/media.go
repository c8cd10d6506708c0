// Package media is the sound of calls: RTP and RTCP, codecs, playout, DTMF and tones between sockets and sound devices.
//
// An Engine takes call.MediaEffect values and answers with call.News. One goroutine, Run's, owns every call and every open
// device; two readers per call keep datagrams for its next beat with the time they came, and devices are opened and closed beside it so
// that a slow driver never stops the sound of a call. A call has one of each of three: a path (a pair of ports, one port, ICE), keys (none,
// SDES, DTLS), and a profile, which mirrors the far end's. What takes time beside it, candidates, paths and handshakes, has goroutines of
// its own, which end with the call, and tells its outcome to Run's.
package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// Config is what an Engine needs to know.
type Config struct {
	PortMin, PortMax int                                   // UDP ports for RTP (even) and RTCP (the next); 0, 0: any
	Codecs           []string                              // "opus", "g722", "pcmu", "pcma" in order of preference; empty: all
	Processing       string                                // "off" or "auto"; accepted, and without effect until voice processing exists
	Secure           bool                                  // own offers of accounts that say nothing of encryption ask for SDES-SRTP (RTP/SAVP)
	Account          func(id string) call.Account          // the settings of an account, asked from Run's goroutine; nil: all say nothing
	ICEServers       []string                              // "stun:…", "turn:…" (RFC 7064, RFC 7065), asked for candidates
	TURNUser         string                                // at those that relay
	TURNPassword     func(context.Context) (string, error) // asked before each call that needs it, from a goroutine of its own
	Audio            *audio.System                         // devices; nil: silence in, nothing out
	LocalAddr        func() netip.Addr                     // address to advertise; nil: found by the route to the far end, or the default route
	Log              *slog.Logger                          // nil: nothing is logged
}

// Check says in one sentence what is wrong with the configuration, or nil.
func (c Config) Check() error {
	if (c.PortMin != 0 || c.PortMax != 0) && (c.PortMin < 1 || c.PortMax > 65535 || c.PortMax-c.PortMin < 1) {
		return fmt.Errorf("the RTP ports %d to %d are not a usable range", c.PortMin, c.PortMax)
	}
	for _, n := range c.Codecs {
		if !slices.Contains([]string{"opus", "g722", "pcmu", "pcma"}, strings.ToLower(n)) {
			return fmt.Errorf("the codec %q is not one of opus, g722, pcmu, pcma", n)
		}
	}
	switch c.Processing {
	case "", "off", "auto":
		return nil
	}
	return fmt.Errorf("the voice processing %q is not one of off, auto", c.Processing)
}

// Engine carries out media effects. Make it with New, give it a goroutine with Run.
type Engine struct {
	cfg  Config
	log  *slog.Logger
	sink func(call.News)
	mail *mailbox
	in   *inbox

	sessions map[call.ID]*session
	muted    map[call.ID]bool // gates of calls, with sound or still without
	tones    map[call.ID]*tone
	readers  sync.WaitGroup
	later    chan func(time.Time) // what goroutines beside Run's have for it

	mic        dock[audio.Source]
	ear, bell  dock[audio.Sink]
	generation uint64
	troubled   string // the last AudioProblem told

	micBlock [block]int16
	silence  [block]int16 // instead of it, while the agent does not know yet that somebody listens
	micHave  int
	micAt    time.Time // when the latest block was complete
	out      [block]int16
	sum      [block]int32
	joint    [block]int32 // what all joined calls say in the present 10 ms
}

// New makes an Engine that tells its news to sink. It starts nothing. Sink is called from Run's goroutine only; it must not
// block for long; it may call Do.
func New(cfg Config, sink func(call.News)) *Engine {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Audio == nil {
		cfg.Audio = audio.New(audio.Choice{Input: "silence", Output: "null", Ring: "null"}, cfg.Log)
	}
	e := &Engine{
		cfg: cfg, log: cfg.Log, sink: sink, in: newInbox(), mail: &mailbox{some: make(chan struct{}, 1)},
		sessions: make(map[call.ID]*session), muted: make(map[call.ID]bool), tones: make(map[call.ID]*tone),
		generation: cfg.Audio.Generation(), later: make(chan func(time.Time)),
	}
	e.mic = newDock("the microphone", audio.NewSilence, cfg.Audio.OpenSource)
	e.ear = newDock("the speaker", audio.NewNull, func() (audio.Sink, error) { return cfg.Audio.OpenSink(audio.Speech) })
	e.bell = newDock("the ring device", audio.NewNull, func() (audio.Sink, error) { return cfg.Audio.OpenSink(audio.Ring) })
	return e
}

// Do takes an effect. It returns at once; effects are carried out in the order of the calls, by Run. News about them never
// comes from inside Do. Effects after Run has returned do nothing.
func (e *Engine) Do(effect call.MediaEffect) { e.mail.put(effect) }

// Run carries out effects and keeps the sound of all calls flowing until ctx ends. It then says goodbye to every far end,
// closes sockets and devices, waits for its goroutines and returns nil. It may be called once.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.cfg.Check(); err != nil {
		return err
	}
	return errors.Join(e.loop(ctx), e.shutdown())
}

// mailbox is an unbounded, ordered queue of effects: the phone makes few, and none may be lost.
type mailbox struct {
	mu    sync.Mutex
	queue []call.MediaEffect
	some  chan struct{}
}

func (m *mailbox) put(effect call.MediaEffect) {
	m.mu.Lock()
	m.queue = append(m.queue, effect)
	m.mu.Unlock()
	select {
	case m.some <- struct{}{}:
	default: // the owner has been told already
	}
}

func (m *mailbox) take() []call.MediaEffect {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := m.queue
	m.queue = nil
	return q
}
