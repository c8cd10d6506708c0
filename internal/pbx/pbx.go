// Package pbx is an in-process SIP server for the lab and for tests: registrar, proxy between its users, and numbers that
// talk, echo, beep, refuse or never answer.
//
// It shares no code with package sip and internal/media, so that a test against it does not check our code with itself.
// It listens on UDP and TCP on one loopback port and speaks plain RTP with G.711 µ-law. REGISTER and INVITE are
// challenged, one challenge per configured algorithm. The numbers:
//
//	9100            rings 300 ms, then talks: says a sentence over and over and records what it hears
//	9101            rings 300 ms, then plays 1004 Hz
//	9196            answers and sends back what it hears
//	9197            answers and repeats every RFC 4733 digit it hears as an in-band tone
//	9408            rings and never answers
//	9486            busy (486)
//	9603            declines (603)
//	+12025550142…   anything with 7 to 15 digits: rings 500 ms, then talks as 9100
//	a user's name   rings that user's phone
//	anything else   does not exist (404)
//
// Whoever of the lab is talked to can be passed on to one of these numbers or users (REFER), with or without a word there first,
// and a call may take the place of one with the lab (Replaces). Who subscribes to a user is told of presence, and nothing of calls.
package pbx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Config says what the server is. The zero value of each field has a meaning.
type Config struct {
	Addr       string            // "host:port" to listen on; empty means "127.0.0.1:0"
	Users      map[string]string // user name to password
	Realm      string            // of challenges; empty means "pbx.example.com"
	Algorithms []string          // of challenges, one each in this order: "MD5", "SHA-256"; empty means both, SHA-256 first
	FreeCalls  bool              // INVITE is not challenged
	Speech     []int16           // what the talking number says, 8 kHz mono; nil means Speech()
	Log        func(Entry)       // every message in and out, in order per direction, from many goroutines; nil: none
	MaxExpires int               // seconds a registration lives at most; 0 means 3600
}

// Entry is one message on the wire.
type Entry struct {
	At      time.Time
	Inbound bool   // the server received it
	Network string // "UDP" or "TCP"
	Peer    string // address of the other side
	Message string // the whole text
}

// Server is the lab's telephone exchange. All methods are safe for concurrent use.
type Server struct {
	cfg   Config
	door  *door
	home  netip.AddrPort // where it was opened first
	layer *sipmsg.TransportLayer
	txs   *sipmsg.TransactionLayer

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced whenever something below changes
	bindings map[string]binding
	nonces   map[string]bool
	at       netip.AddrPort // where the server listens
	troubles troubles
	legs     []*Leg
	dialogs  map[string]*Leg
	work     sync.WaitGroup
	stopped  chan struct{}
	once     sync.Once
}

// binding is where a registered user is reached.
type binding struct {
	contact sipmsg.Uri
	network string
	source  string // the address the REGISTER came from: requests go back there
	until   time.Time
}

// New binds UDP and TCP on one port, so that Addr is known; nothing is answered before Run.
func New(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Realm == "" {
		cfg.Realm = "pbx.example.com"
	}
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []string{"SHA-256", "MD5"}
	}
	if cfg.Speech == nil {
		cfg.Speech = Speech()
	}
	if cfg.MaxExpires == 0 {
		cfg.MaxExpires = 3600
	}
	s := &Server{
		cfg: cfg, changed: make(chan struct{}), bindings: map[string]binding{}, nonces: map[string]bool{},
		dialogs: map[string]*Leg{}, stopped: make(chan struct{}),
	}
	if err := s.bind(); err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	s.layer = sipmsg.NewTransportLayer(net.DefaultResolver, sipmsg.NewParser(), nil, sipmsg.WithTransportLayerLogger(quiet))
	s.txs = sipmsg.NewTransactionLayer(s.layer, sipmsg.WithTransactionLayerLogger(quiet),
		sipmsg.WithTransactionLayerUnhandledResponseHandler(func(*sipmsg.Response) {}),
		sipmsg.WithTransactionLayerTerminateOnConnClose())
	s.txs.OnRequest(s.serve)
	return s, nil
}

func (s *Server) bind() error {
	want, err := netip.ParseAddrPort(s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("the address %q must look like 127.0.0.1:5060: %w", s.cfg.Addr, err)
	}
	s.door = newDoor(s.log, s.fate)
	if want.Port() == 0 {
		s.home, err = s.door.openAnywhere(want.Addr())
	} else {
		s.home, err = want, s.door.open(want)
	}
	s.at = s.home
	return err
}

// Run answers until ctx ends, then hangs up every leg and returns nil once everything stopped. Run it once.
func (s *Server) Run(ctx context.Context) error {
	s.work.Go(func() { s.layer.ServeUDP(packets{s.door}) })
	s.work.Go(func() { s.layer.ServeTCP(connections{s.door}) })
	<-ctx.Done()
	for _, l := range s.Legs() {
		l.close("the server stopped")
	}
	s.once.Do(func() { close(s.stopped) })
	s.txs.Close()
	s.door.end()
	s.layer.Close()
	s.work.Wait()
	return nil
}

// Addr is where the server listens, for UDP and TCP.
func (s *Server) Addr() netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// Registered reports whether user has a live registration.
func (s *Server) Registered(user string) bool {
	_, ok := s.lookup(user)
	return ok
}

// WaitRegistered waits until user's registration is there (or, with want false, gone).
func (s *Server) WaitRegistered(ctx context.Context, user string, want bool) error {
	return s.wait(ctx, func() bool {
		b, ok := s.bindings[user]
		return (ok && time.Now().Before(b.until)) == want
	})
}

// Legs are all conversations of the server's own numbers and callers so far, oldest first, ended ones included.
func (s *Server) Legs() []*Leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Leg(nil), s.legs...)
}

// WaitLeg waits for the n-th conversation, counted from 0.
func (s *Server) WaitLeg(ctx context.Context, n int) (*Leg, error) {
	if err := s.wait(ctx, func() bool { return len(s.legs) > n }); err != nil {
		return nil, err
	}
	return s.Legs()[n], nil
}

// wait blocks until ok, which is called with the lock held, holds.
func (s *Server) wait(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		done, again := ok(), s.changed
		s.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-again:
		case <-s.stopped:
			return errors.New("the server stopped")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// touch wakes who waits. The lock must be held.
func (s *Server) touch() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) log(e Entry) {
	if s.cfg.Log != nil {
		s.cfg.Log(e)
	}
}
