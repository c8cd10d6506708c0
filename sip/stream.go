package sip

import (
	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/sip/flow"
	"sidetone/sip/transact"
)

// stream is a flow as a way for messages. Only sound ones are handed on, so that a bad one costs itself and not every call on the
// connection.
type stream struct {
	conn  *flow.Conn
	trace func(sent bool, b []byte)
	sieve sieve
	lost  func(error) // told once, by the goroutine that reads, when the flow is over
}

// Send queues one message.
func (s *stream) Send(b []byte) error {
	s.trace(true, b)
	return s.conn.Send(b)
}

// Reliable reports that nothing gets lost.
func (s *stream) Reliable() bool { return true }

// serve hands every sound message to receive, one after the other, until the flow is over, and says why it is.
func (s *stream) serve(receive func(sipmsg.Message, transact.Way)) error {
	defer s.conn.Close()
	for {
		b, err := s.conn.Next()
		if err != nil {
			return err
		}
		s.trace(false, b)
		msg, v := s.sieve.read(b, s.conn.Remote)
		if v.Refusal != nil {
			s.Send(v.Refusal) // if it fails the next read says why
		}
		if msg != nil {
			msg.SetSource(s.conn.Remote.String())
			receive(msg, s)
		}
	}
}

// close ends the flow.
func (s *stream) close() { s.conn.Close() }
