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
	"sidetone/internal/devices"
	"sidetone/internal/media/beat"
	"sidetone/internal/media/console"
)

// Config is what an Engine needs to know.
type Config struct {
	PortMin, PortMax int                                   // UDP ports for RTP (even) and RTCP (the next); 0, 0: any
	Codecs           []string                              // "opus", "g722", "pcmu", "pcma" in order of preference; empty: all
	Quiet            bool                                  // silence need not be sent: comfort noise (RFC 3389) and Opus' DTX are offered and used
	Processing       string                                // "auto" or "": voices at a loudspeaker are treated; "off"; or any of "echo noise gain", for every device
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
	return console.Check(c.Processing)
}

// Engine carries out media effects. Make it with New, give it a goroutine with Run.
type Engine struct {
	cfg  Config
	log  *slog.Logger
	sink func(call.News)
	mail queue[call.MediaEffect]
	in   *inbox
	beat *beat.Beat

	sessions map[call.ID]*session
	muted    map[call.ID]bool // gates of calls, with sound or still without
	tones    map[call.ID]*tone
	readers  sync.WaitGroup
	watching sync.WaitGroup         // of devices
	later    queue[func(time.Time)] // what goroutines beside Run's have for it

	mic        dock[audio.Source]
	ear, bell  dock[audio.Sink]
	console    *console.Console
	generation uint64
	told       call.AudioProblem // the last one
	refreshed  time.Time         // when it was last asked which devices are there, because one moves nothing

	micBlock [block]int16
	silence  [block]int16 // instead of it, while the agent does not know yet that somebody listens
	micHave  int
	backlog  [10 * block]int16 // of a microphone that is about to be taken over
	micAt    time.Time         // when the latest block was complete
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
		cfg: cfg, log: cfg.Log, sink: sink, in: newInbox(), beat: beat.New(),
		sessions: make(map[call.ID]*session), muted: make(map[call.ID]bool), tones: make(map[call.ID]*tone),
		generation: ^cfg.Audio.Generation(), // another one: the devices are offered at the first occasion
		console:    console.New(),
	}
	knock := e.beat.Knock
	e.mic = newDock("the microphone", audio.NewSilence, func(t devices.Target) (audio.Source, error) { return cfg.Audio.Source(t, knock) }, knock)
	e.ear = newDock("the speaker", audio.NewNull, func(t devices.Target) (audio.Sink, error) { return cfg.Audio.Sink(t, audio.Speech, knock) }, knock)
	e.bell = newDock("the ring device", audio.NewNull, func(t devices.Target) (audio.Sink, error) { return cfg.Audio.Sink(t, audio.Ring, knock) }, knock)
	return e
}

// Do takes an effect. It returns at once; effects are carried out in the order of the calls, by Run. News about them never
// comes from inside Do. Effects after Run has returned do nothing.
func (e *Engine) Do(effect call.MediaEffect) {
	e.mail.put(effect)
	e.beat.Knock()
}

// Run carries out effects and keeps the sound of all calls flowing until ctx ends. It then says goodbye to every far end,
// closes sockets and devices, waits for its goroutines and returns nil. It may be called once.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.cfg.Check(); err != nil {
		return err
	}
	var unwatched error
	e.watching.Go(func() { unwatched = e.cfg.Audio.Watch(ctx) })
	err := errors.Join(e.loop(ctx), e.shutdown())
	return errors.Join(err, unwatched)
}

// queue is unbounded and ordered: few things come into one, and none may be lost.
type queue[T any] struct {
	mu    sync.Mutex
	items []T
	over  bool
}

// put reports false once the queue has ended.
func (q *queue[T]) put(item T) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.over {
		q.items = append(q.items, item)
	}
	return !q.over
}

func (q *queue[T]) take() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = nil
	return items
}

// end takes what is left; nothing comes after it.
func (q *queue[T]) end() []T {
	q.mu.Lock()
	q.over = true
	q.mu.Unlock()
	return q.take()
}
