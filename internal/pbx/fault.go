package pbx

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Fault is one thing that goes wrong on request, with whoever's messages come next.
type Fault struct {
	Name   string        `json:"name"`               // one of the constants below
	Method string        `json:"method,omitempty"`   // only with requests of this method and the answers to them; "": all
	Times  int           `json:"times,omitempty"`    // with how many messages; 0: with all until Mend
	Status int           `json:"status,omitempty"`   // of Refuse
	After  time.Duration `json:"after_ns,omitempty"` // see each fault
}

// The faults that befall messages.
const (
	Lose        = "lose"         // requests are not heard
	LoseAnswers = "lose-answers" // what the server sends is lost
	Silent      = "silent"       // nothing is heard and nothing said, while connections stay
	Delay       = "delay"        // what the server sends leaves After later
	Duplicate   = "duplicate"    // what the server sends leaves twice
	WrongVia    = "wrong-via"    // answers name another request in their Via
	Huge        = "huge"         // what the server sends has a header of 50,000 octets
	Refuse      = "refuse"       // requests are refused with Status; After is Retry-After, of 423 Min-Expires
	Challenge   = "challenge"    // the right password is asked for again
	Fork        = "fork"         // a call to one of the numbers is answered by two phones
	Early       = "early-media"  // a call to one of the numbers sounds a second before its answer
)

// The faults that befall the server at once.
const (
	Mend         = "mend"          // every fault before goes away, and the server is at its first port again
	Forget       = "forget"        // the registrations are gone
	ExpireNonces = "expire-nonces" // every proof so far is stale
	Reset        = "reset"         // TCP connections are reset
	Restart      = "restart"       // gone for After, then back without registrations, calls and nonces
	Move         = "move"          // back at another port, with all it knows
	Return       = "return"        // back at its first port, with all it knows
	List         = "list"          // nothing happens
)

// Kind is a fault there is, for people.
type Kind struct {
	Name string `json:"name"`
	What string `json:"what"`
	Undo string `json:"undo,omitempty"` // how it goes away; "": it is no fault itself
}

// Kinds are all of them.
func Kinds() []Kind {
	const (
		counted = "by itself after --times messages, or by mend"
		itself  = "by itself: the phone notices and "
	)
	return []Kind{
		{Lose, "requests are not heard", counted},
		{LoseAnswers, "what the server sends is lost", counted},
		{Silent, "nothing is heard and nothing said; connections stay", counted},
		{Delay, "what the server sends leaves --after later", counted},
		{Duplicate, "what the server sends leaves twice", counted},
		{WrongVia, "answers name another request in their Via", counted},
		{Huge, "what the server sends has a header of 50,000 octets", counted},
		{Refuse, "requests are refused with --status; --after is Retry-After, of 423 Min-Expires", counted},
		{Challenge, "the right password is asked for again", counted},
		{Fork, "a call to one of the lab's numbers is answered by two phones", counted},
		{Early, "a call to one of the lab's numbers sounds a second before its answer", counted},
		{Forget, "the registrations are gone", itself + "registers again; sidetonectl register is faster"},
		{ExpireNonces, "every proof so far is stale", itself + "proves its password again"},
		{Reset, "TCP connections are reset", itself + "connects again"},
		{Restart, "the server is gone for --after, then back without registrations, calls and nonces", "by itself after --after"},
		{Move, "the server is at another port, with all it knows", "by return, or by mend"},
		{Return, "the server is at its first port again, with all it knows", ""},
		{Mend, "every fault above goes away, and the server is at its first port again", ""},
		{List, "nothing happens; shows this list and what is in force", ""},
	}
}

// Methods are those a fault may be about.
func Methods() []string {
	return []string{"REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "NOTIFY", "SUBSCRIBE", "PUBLISH", "MESSAGE"}
}

// String is the fault as it was asked for.
func (f Fault) String() string {
	s := f.Name
	if f.Method != "" {
		s += " --method " + f.Method
	}
	if f.Status != 0 {
		s += fmt.Sprintf(" --status %d", f.Status)
	}
	if f.After != 0 {
		s += fmt.Sprintf(" --after %s", f.After)
	}
	return s + fmt.Sprintf(" --times %d", f.Times)
}

// Check says in one sentence what is wrong with a fault.
func (f Fault) Check() error {
	if !slices.ContainsFunc(Kinds(), func(k Kind) bool { return k.Name == f.Name }) {
		return fmt.Errorf("%q is no fault", f.Name)
	}
	switch {
	case f.Method != "" && !slices.Contains(Methods(), f.Method):
		return fmt.Errorf("%q is no method of SIP", f.Method)
	case f.Name == Refuse && (f.Status < 300 || f.Status > 699):
		return fmt.Errorf("a refusal needs a status from 300 to 699, not %d", f.Status)
	case f.Times < 0 || f.After < 0:
		return fmt.Errorf("a fault happens neither a negative number of times nor before it is asked for")
	}
	return nil
}

// Faults are those in force, oldest first; a server that has moved is one of them.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone([]Fault(s.troubles))
	if s.at != s.home {
		out = append(out, Fault{Name: Move, Times: 1})
	}
	return out
}

// fate is what becomes of one message on the wire.
type fate struct {
	copies []string // what goes in its place, in order; none: it is lost
	after  time.Duration
}

// fated reports whether the fault befalls a message on the wire, and how. A message that is heard is a request of theirs, or
// their answer; Times is not its business.
func (f Fault) fated(text string, heard bool) (fate, bool) {
	if f.Method != "" && f.Method != methodOf(text) {
		return fate{}, false
	}
	request := !strings.HasPrefix(text, "SIP/2.0 ")
	switch {
	case f.Name == Silent, f.Name == Lose && heard && request, f.Name == LoseAnswers && !heard:
		return fate{}, true
	case heard:
		return fate{}, false
	case f.Name == Delay:
		return fate{[]string{text}, f.After}, true
	case f.Name == Duplicate:
		return fate{[]string{text, text}, 0}, true
	case f.Name == WrongVia && !request:
		return fate{[]string{strings.Replace(text, "branch=z9hG4bK", "branch=z9hG4bKwrong", 1)}, 0}, true
	case f.Name == Huge:
		line, rest, _ := strings.Cut(text, "\r\n")
		return fate{[]string{line + "\r\nX-Padding: " + strings.Repeat("a", 50_000) + "\r\n" + rest}, 0}, true
	}
	return fate{}, false
}

// methodOf is the method of a request, or of the request that a response answers.
func methodOf(text string) string {
	line, rest, _ := strings.Cut(text, "\r\n")
	if method, _, _ := strings.Cut(line, " "); method != "SIP/2.0" {
		return method
	}
	for line := range strings.SplitSeq(rest, "\r\n") {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(name), "CSeq") {
			if f := strings.Fields(value); len(f) == 2 {
				return f[1]
			}
		}
	}
	return ""
}

// asked reports whether the fault befalls a request of a method before it is answered.
func (f Fault) asked(method string) bool { return f.Method == "" || f.Method == method }

// troubles are the faults there are, oldest first.
type troubles []Fault

// take lets the first fault that likes to happen happen: like is asked of each in turn.
func (t troubles) take(like func(Fault) bool) (troubles, bool) {
	for i, f := range t {
		if !like(f) {
			continue
		}
		switch f.Times {
		case 0:
		case 1:
			t = slices.Delete(slices.Clone(t), i, i+1)
		default:
			t = slices.Clone(t)
			t[i].Times--
		}
		return t, true
	}
	return t, false
}

// take lets the next fault of a name befall a request, if there is one.
func (s *Server) take(name, method string) (found Fault, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles, ok = s.troubles.take(func(f Fault) bool {
		found = f
		return f.Name == name && f.asked(method)
	})
	return found, ok
}

// fate is what becomes of a message on the wire.
func (s *Server) fate(text string, heard bool) (out fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out = fate{copies: []string{text}}
	s.troubles, _ = s.troubles.take(func(f Fault) bool {
		at, ok := f.fated(text, heard)
		if ok {
			out = at
		}
		return ok
	})
	return out
}

// Break makes something go wrong. The error says in one sentence what is wrong with the fault.
func (s *Server) Break(f Fault) error {
	if err := f.Check(); err != nil {
		return err
	}
	switch f.Name {
	case Mend:
		s.mu.Lock()
		s.troubles = nil
		s.mu.Unlock()
		return s.goHome()
	case Return:
		return s.goHome()
	case List:
	case Forget:
		s.forget(false)
	case ExpireNonces:
		s.ForgetNonces()
	case Reset:
		s.door.reset()
	case Restart:
		s.door.shut()
		s.forget(true)
		s.work.Go(func() { s.back(f.After) })
	case Move:
		return s.move()
	default:
		s.mu.Lock()
		s.troubles = append(slices.Clone(s.troubles), f)
		s.mu.Unlock()
	}
	return nil
}

// forget drops the registrations, and with all whatever else a server keeps in its head.
func (s *Server) forget(all bool) {
	s.mu.Lock()
	s.bindings = map[string]binding{}
	if all {
		s.nonces = map[string]bool{}
	}
	s.touch()
	s.mu.Unlock()
	if !all {
		return
	}
	for _, l := range s.Legs() {
		l.close("the server restarted")
	}
}

// back opens the door again. Somebody may have taken the port meanwhile: it is tried until the server stops.
func (s *Server) back(after time.Duration) {
	for wait := after; ; wait = 50 * time.Millisecond {
		select {
		case <-time.After(wait):
		case <-s.stopped:
			return
		}
		if s.door.open(s.Addr()) == nil {
			return
		}
	}
}

// move goes to another port.
func (s *Server) move() error {
	s.door.shut()
	at, err := s.door.openAnywhere(s.Addr().Addr())
	if err != nil {
		return err
	}
	s.moved(at)
	return nil
}

func (s *Server) moved(to netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = to
}

// goHome goes back to the first port. If another program has that by now, the server stays where it is.
func (s *Server) goHome() error {
	from := s.Addr()
	if from == s.home {
		return nil
	}
	s.door.shut()
	if err := s.door.open(s.home); err != nil {
		return errors.Join(fmt.Errorf("the exchange stays at %s: %w", from, err), s.door.open(from))
	}
	s.moved(s.home)
	return nil
}
