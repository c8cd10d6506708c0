package sip

import (
	"bytes"
	"net/netip"
	"time"
)

// scribe tells the trace what was on the wire and what became of it, in order, in a goroutine of its own: a message that rings the
// phone does not wait until it is written down.
type scribe struct {
	tell func(Wire)
	box  *mailbox
	over bool // owned by its goroutine
	done chan struct{}
}

// newScribe begins; nil, which writes nothing, if nobody wants to be told.
func newScribe(tell func(Wire)) *scribe {
	if tell == nil {
		return nil
	}
	s := &scribe{tell: tell, box: newMailbox(), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for !s.over {
			<-s.box.wake
			for _, f := range s.box.take() {
				f()
			}
		}
	}()
	return s
}

// close tells what is left, and ends.
func (s *scribe) close() {
	if s != nil {
		s.box.post(func() { s.over = true })
		<-s.done
	}
}

// message keeps a copy of text. Local may have no address yet.
func (s *scribe) message(sent bool, transport string, local, remote netip.AddrPort, text []byte) {
	if s == nil || len(bytes.TrimSpace(text)) == 0 {
		return
	}
	w := Wire{At: time.Now(), Sent: sent, Transport: transport, Local: local, Remote: remote, Text: bytes.Clone(text)}
	s.box.post(func() {
		if w.Local.Addr().IsUnspecified() {
			if ip, err := localIPFor(remote); err == nil {
				w.Local = netip.AddrPortFrom(ip, local.Port())
			}
		}
		s.tell(w)
	})
}

func (s *scribe) note(text string) {
	if s == nil {
		return
	}
	w := Wire{At: time.Now(), Note: text}
	s.box.post(func() { s.tell(w) })
}
