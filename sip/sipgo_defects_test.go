package sip

import (
	"context"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	sipmsg "github.com/emiago/sipgo/sip"
)

// These tests show, against sipgo v1.7.2's own dialog sessions, why this package has its own. When one fails after an
// upgrade the defect is gone upstream, and the code that works around it may be looked at again.

// session starts a call with sipgo's DialogClientCache to a scripted peer.
func session(t *testing.T) (*peer, *sipgo.DialogClientSession) {
	t.Helper()
	ua, err := sipgo.NewUA()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ua.Close() })
	client, err := sipgo.NewClient(ua, sipgo.WithClientHostname("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	cache := sipgo.NewDialogClientCache(client, sipmsg.ContactHeader{Address: sipmsg.Uri{User: "me", Host: "127.0.0.1", Port: 9}})
	s := newPeer(t)
	d, err := cache.Invite(context.Background(), sipmsg.Uri{User: "x", Host: "127.0.0.1", Port: int(s.addr().Port())}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

// silent reads for a while and fails if a request of this method comes.
func silent(t *testing.T, s *peer, method sipmsg.RequestMethod) {
	t.Helper()
	for m := s.read(10 * testT1); m != nil; m = s.read(10 * testT1) {
		if req, ok := m.(*sipmsg.Request); ok && req.Method == method {
			t.Fatalf("sipgo now sends %s: the defect is gone", method)
		}
	}
}

func TestSipgoGivesUpAfterTenRinging(t *testing.T) {
	s, d := session(t)
	failed := make(chan error, 1)
	go func() { failed <- d.WaitAnswer(context.Background(), sipgo.AnswerOptions{}) }()
	inv := s.request(sipmsg.INVITE)
	for range 15 {
		s.reply(inv, 180, "far")
	}
	select {
	case err := <-failed:
		if err == nil {
			t.Fatal("the call was answered by nobody")
		}
	case <-time.After(patience):
		t.Fatal("sipgo now waits: the defect is gone")
	}
	silent(t, s, sipmsg.CANCEL)
}

func TestSipgoLosesAnAnswerCrossingCancel(t *testing.T) {
	s, d := session(t)
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error, 1)
	go func() { failed <- d.WaitAnswer(ctx, sipgo.AnswerOptions{}) }()
	inv := s.request(sipmsg.INVITE)
	s.reply(inv, 180, "far")
	silent(t, s, sipmsg.CANCEL) // until the 180 is surely seen
	cancel()
	c := s.request(sipmsg.CANCEL)
	s.reply(inv, 200, "far")
	s.reply(c, 481, "")
	silent(t, s, sipmsg.ACK)
	<-failed
}

func TestSipgoTakesTryingForARefusedBye(t *testing.T) {
	s, d := session(t)
	answered := make(chan error, 1)
	go func() { answered <- d.WaitAnswer(context.Background(), sipgo.AnswerOptions{}) }()
	s.reply(s.request(sipmsg.INVITE), 200, "far")
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	if err := d.Ack(context.Background()); err != nil {
		t.Fatal(err)
	}
	bye := make(chan error, 1)
	go func() { bye <- d.Bye(context.Background()) }()
	s.reply(s.request(sipmsg.BYE), 100, "")
	if err := <-bye; err == nil {
		t.Fatal("sipgo now waits for the final response: the defect is gone")
	}
}
