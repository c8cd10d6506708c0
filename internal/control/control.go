// Package control serves the phone's two verbs, Do and Watch, on a local socket, and speaks to such a socket.
//
// The protocol is one JSON object a line. A client sends a Request and reads one Reply; after "watch" it reads snapshots
// until it closes. Only the user who runs the phone may connect: the socket has mode 0600 and the peer's user is checked.
package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/devices"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
	"sidetone/sync/calllog"
)

// SocketName is the socket's name in the data folder.
const SocketName = "control.sock"

// maxLine bounds a request, in bytes; maxClients bounds the clients, who would else use up the files a call needs.
const (
	maxLine    = 64 << 10
	maxClients = 64
)

// The verbs that are not phone commands.
const (
	Status  = "status"  // reply with the present snapshot
	Watch   = "watch"   // reply with every snapshot from now on, one a line
	History = "history" // reply with ended calls, newest first
	Trace   = "trace"   // reply with the last SIP messages, one a line, then with none; with Follow, with those to come as well

	Devices = "devices"     // reply with microphones and speakers
	Use     = "devices-use" // Key, a kind, uses Names from now on, the best first
	Try     = "devices-try" // Key is tried: reply with how it goes, ten times a second, then with none

	Vitals = "vitals" // reply with what the phone holds, for tests of what calls leave behind

	Connect = "kustomer-connect" // a page of Kustomer may pair, for two minutes
	Pair    = "kustomer-pair"    // Digits are those that Kustomer shows
	Cancel  = "kustomer-cancel"  // no page may pair any more
	Forget  = "kustomer-forget"  // the page with the ID Key may connect no more
)

// Request is one line of a client.
type Request struct {
	phone.Command
	Limit  int      `json:"limit,omitempty"`  // History: at most this many records
	Search string   `json:"search,omitempty"` // History: part of a name or number
	Follow bool     `json:"follow,omitempty"` // Trace: until the client goes
	Names  []string `json:"names,omitempty"`  // Use: of devices
}

// Reply is one line of the server.
type Reply struct {
	OK       bool             `json:"ok"`
	Code     phone.Code       `json:"code,omitempty"`
	Text     string           `json:"text,omitempty"` // one sentence if not OK
	Call     call.ID          `json:"call,omitempty"`
	Snapshot *phone.Snapshot  `json:"snapshot,omitempty"`
	Records  []call.Record    `json:"records,omitempty"`
	Entries  []calllog.Entry  `json:"entries,omitempty"`
	Message  *trace.Message   `json:"message,omitempty"`
	Vitals   *Counts          `json:"vitals,omitempty"`
	Devices  []devices.Listed `json:"devices,omitempty"`
	Trial    *devices.Trial   `json:"trial,omitempty"`
}

// Phone is the part of the phone the socket offers.
type Phone interface {
	Do(context.Context, phone.Command) (call.ID, error)
	Watch(context.Context) <-chan phone.Snapshot
}

// Journal is where History looks.
type Journal interface {
	Recent(context.Context, call.Query) ([]call.Record, error)
}

// Bridge is what the socket offers of the bridge to Kustomer.
type Bridge interface {
	Arm(context.Context) error
	Cancel(context.Context) error
	Type(ctx context.Context, digits string) error
	Revoke(ctx context.Context, id string) error
}

// Ports are the server's other sides.
type Ports struct {
	Phone   Phone
	Journal Journal
	Outbox  Outbox
	Bridge  Bridge // nil: it is off
	Trace   *trace.Log
	Counts  func(context.Context) Counts // the SIP side's; nil: it has none
	Sound   Sound
}

// Server listens on one socket. Listen makes it, Run serves it.
type Server struct {
	listener net.Listener
	phone    Phone
	journal  Journal
	outbox   Outbox
	bridge   Bridge
	trace    *trace.Log
	counts   func(context.Context) Counts
	sound    Sound
	log      *slog.Logger
}

// Listen makes the socket in dir. A socket left by a crash is replaced: the caller holds the data folder's lock, so nobody
// else is alive behind it.
func Listen(dir string, p Ports, log *slog.Logger) (*Server, error) {
	path := filepath.Join(dir, SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the control socket %s cannot be replaced: %w", path, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("the control socket %s cannot be made: %w. Choose a shorter or another --data-dir", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("the control socket %s cannot be made private: %w", path, err), l.Close())
	}
	return &Server{listener: l, phone: p.Phone, journal: p.Journal, outbox: p.Outbox, bridge: p.Bridge, trace: p.Trace, counts: p.Counts, sound: p.Sound, log: log}, nil
}

// Run accepts clients until ctx ends and returns when the last one is gone.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { s.listener.Close() })
	defer stop()
	room := make(chan struct{}, maxClients)
	for {
		conn, err := s.listener.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("the control socket failed: %w", err)
		case err != nil: // no more files, say: it must not end a call
			s.log.Warn("a client of the control socket cannot be let in", "error", err)
			pause(ctx)
			continue
		}
		select {
		case room <- struct{}{}:
			clients.Go(func() { defer func() { <-room }(); s.serve(ctx, conn) })
		default:
			s.log.Warn("a client of the control socket was turned away: there are too many")
			conn.Close()
		}
	}
}

// pause waits a moment for what Accept lacks.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := checkPeer(conn); err != nil {
		s.log.Warn("a client of the control socket was turned away", "error", err)
		return
	}
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 4096), maxLine)
	out := json.NewEncoder(conn)
	for in.Scan() {
		var req Request
		if err := json.Unmarshal(in.Bytes(), &req); err != nil {
			if out.Encode(Reply{Code: phone.CodeBadCommand, Text: "The request is not a JSON object."}) != nil {
				return
			}
			continue
		}
		switch {
		case string(req.Do) == Watch:
			s.watch(ctx, in, out)
			return
		case string(req.Do) == Trace && req.Follow:
			s.follow(ctx, in, out)
			return
		case string(req.Do) == Try:
			s.try(ctx, in, out, req.Key)
			return
		}
		if !s.answer(ctx, out, req) {
			return
		}
	}
}

// untilGone ends with ctx or when the client goes away, which shows at its side of the connection.
func untilGone(ctx context.Context, in *bufio.Scanner) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		for in.Scan() {
		}
	}()
	return ctx, cancel
}

// messages sends the SIP messages that are kept and were not sent yet, and returns the number of the last.
func (s *Server) messages(out *json.Encoder, after uint64) (last uint64, more <-chan struct{}, err error) {
	kept, more := s.trace.After(after)
	for _, m := range kept {
		if err := out.Encode(Reply{OK: true, Message: &m}); err != nil {
			return after, more, err
		}
		after = m.Number
	}
	return after, more, nil
}

// follow sends SIP messages until the client goes away.
func (s *Server) follow(ctx context.Context, in *bufio.Scanner, out *json.Encoder) {
	ctx, cancel := untilGone(ctx, in)
	defer cancel()
	last := uint64(0)
	for {
		next, more, err := s.messages(out, last)
		if err != nil {
			return
		}
		last = next
		select {
		case <-ctx.Done():
			return
		case <-more:
		}
	}
}

// watch sends snapshots until the client goes away.
func (s *Server) watch(ctx context.Context, in *bufio.Scanner, out *json.Encoder) {
	ctx, cancel := untilGone(ctx, in)
	defer cancel()
	for snap := range s.phone.Watch(ctx) {
		if out.Encode(Reply{OK: true, Snapshot: &snap}) != nil {
			return
		}
	}
}

// answer reports whether the client may send another request.
func (s *Server) answer(ctx context.Context, out *json.Encoder, req Request) bool {
	switch string(req.Do) {
	case Status:
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		snap, open := <-s.phone.Watch(ctx)
		return open && out.Encode(Reply{OK: true, Snapshot: &snap}) == nil
	case History:
		records, err := s.journal.Recent(ctx, call.Query{Limit: req.Limit, Search: req.Search})
		if err != nil {
			return out.Encode(Reply{Text: err.Error()}) == nil
		}
		return out.Encode(Reply{OK: true, Records: records}) == nil
	}
	switch string(req.Do) {
	case Log:
		return s.outboxOf(ctx, out, req.Limit)
	case Vitals:
		return s.vitals(ctx, out)
	case Devices:
		list, err := s.sound.Devices()
		r := reply("", err)
		r.Devices = list
		return out.Encode(r) == nil
	case Use:
		return out.Encode(reply("", s.sound.Use(req.Key, req.Names))) == nil
	case Trace:
		_, _, err := s.messages(out, 0)
		return err == nil && out.Encode(Reply{OK: true}) == nil
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if ours, err := s.pair(ctx, req); ours {
		return out.Encode(reply("", err)) == nil
	}
	if req.Origin == "" {
		req.Origin = "ctl" // the socket is the agent's own: what comes through it is by their hand unless it says otherwise
	}
	id, err := s.phone.Do(ctx, req.Command)
	return out.Encode(reply(id, err)) == nil
}

// pair carries out what concerns the bridge and reports whether that was it.
func (s *Server) pair(ctx context.Context, req Request) (bool, error) {
	verb := string(req.Do)
	switch {
	case !strings.HasPrefix(verb, "kustomer-"):
		return false, nil
	case s.bridge == nil:
		return true, &phone.Refusal{Code: phone.CodeBadCommand, Text: "The bridge to Kustomer is switched off in the settings."}
	}
	switch verb {
	case Connect:
		return true, s.bridge.Arm(ctx)
	case Cancel:
		return true, s.bridge.Cancel(ctx)
	case Pair:
		return true, s.bridge.Type(ctx, req.Digits)
	case Forget:
		return true, s.bridge.Revoke(ctx, req.Key)
	}
	return false, nil
}

func reply(id call.ID, err error) Reply {
	var no *phone.Refusal
	switch {
	case errors.As(err, &no):
		return Reply{Code: no.Code, Text: no.Text}
	case err != nil:
		return Reply{Text: err.Error()}
	}
	return Reply{OK: true, Call: id}
}
