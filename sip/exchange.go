package sip

import (
	"context"
	"errors"
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// maxRounds bounds how often one request is sent again because of challenges.
const maxRounds = 4

// exchange is one request until its final response, with the challenges in between answered (RFC 3261 §22). It lives on
// the owner's goroutine.
type exchange struct {
	account *account
	link    *link
	req     *sipmsg.Request // as last sent
	nextSeq func() uint32   // the CSeq of a repetition

	early func(*sipmsg.Response)        // 1xx, may be nil
	again func(*sipmsg.Response)        // repeated or forked 2xx to INVITE, may be nil
	done  func(*sipmsg.Response, error) // exactly once, unless abandoned

	rounds     int
	given      map[string]bool       // what was answered: header and realm
	challenges map[string]*signature // by header, Authorization and Proxy-Authorization
	password   string                // while the exchange lasts
	asked      bool                  // password is valid
	open       bool                  // a transaction is under way
	last       bool                  // nobody wants it any more: a challenge is its end
	over       bool
	stop       func()
}

// signature is a challenge being answered and how often its nonce was used.
type signature struct {
	challenge
	count uint32
}

// start sends the request. The outcome comes through done, never inline.
func (x *exchange) start(u *UA) {
	x.given, x.challenges = map[string]bool{}, map[string]*signature{}
	x.send(u)
}

func (x *exchange) send(u *UA) {
	req := x.req
	if x.rounds > 0 {
		req = req.Clone()
		x.link.address(req, x.link.remote)
		req.SetDestination(x.req.Destination())
		setCSeq(req, x.nextSeq())
		x.req = req
		x.prove()
	}
	x.open = true
	stop, err := u.transact(x.link, req, outcome{
		response: func(res *sipmsg.Response) { x.response(u, req, res) },
		again: func(res *sipmsg.Response) {
			if x.again != nil {
				x.again(res)
			}
		},
		over: func(err error) { x.finish(nil, err) },
	})
	if err != nil {
		u.box.post(func() { x.finish(nil, err) })
		return
	}
	x.stop = stop
}

func (x *exchange) response(u *UA, req *sipmsg.Request, res *sipmsg.Response) {
	switch {
	case x.over || req != x.req:
		return
	case res.StatusCode < 200:
		if x.early != nil {
			x.early(res)
		}
	case (res.StatusCode == 401 || res.StatusCode == 407) && !x.last:
		x.open = false
		x.challenged(u, res)
	default:
		x.finish(res, nil)
	}
}

// challenged answers a 401 or 407, or gives up: after a refused password, unknown schemes, or too many rounds.
func (x *exchange) challenged(u *UA, res *sipmsg.Response) {
	asks, gives := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		asks, gives = "Proxy-Authenticate", "Proxy-Authorization"
	}
	c, err := chooseChallenge(headerValues(res, asks))
	if err != nil {
		x.finish(res, err)
		return
	}
	where := gives + " " + c.realm
	if x.rounds++; x.rounds >= maxRounds || x.given[where] && !c.stale {
		x.finish(res, nil)
		return
	}
	x.given[where] = true
	x.challenges[gives] = &signature{challenge: c}
	if x.asked {
		x.send(u)
		return
	}
	who := x.account.conf
	u.work(func(ctx context.Context) func() {
		password, err := u.cfg.Password(ctx, who)
		return func() { x.unlocked(u, res, password, err) }
	})
}

// unlocked goes on once the password is there.
func (x *exchange) unlocked(u *UA, res *sipmsg.Response, password string, err error) {
	if x.over {
		return
	}
	if err != nil {
		x.finish(res, noPassword{err})
		return
	}
	x.password, x.asked = password, true
	x.send(u)
}

// prove puts the answers to all challenges so far on the request.
func (x *exchange) prove() {
	for header, s := range x.challenges {
		s.count++
		x.req.RemoveHeader(header)
		x.req.AppendHeader(sipmsg.NewHeader(header, s.answer(proof{
			username: x.account.conf.User(), password: x.password, method: x.req.Method.String(),
			uri: x.req.Recipient.String(), count: s.count, cnonce: token(8),
		})))
	}
}

func (x *exchange) finish(res *sipmsg.Response, err error) {
	if x.over {
		return
	}
	x.over, x.open, x.password = true, false, ""
	x.done(res, err)
}

// abandon forgets the exchange: done will not come. A transaction that is under way is stopped.
func (x *exchange) abandon() {
	if !x.over && x.open && x.stop != nil {
		x.stop()
	}
	x.over, x.password = true, ""
}

// credentialed reports whether a password was given at least once.
func (x *exchange) credentialed() bool { return x.asked }

// noPassword says that the keyring gave none.
type noPassword struct{ err error }

func (e noPassword) Error() string { return "the password is not there: " + e.err.Error() }

func (e noPassword) Unwrap() error { return e.err }

// reasonOf turns the outcome of an exchange into why a call ended.
func reasonOf(res *sipmsg.Response, err error, server string) call.Reason {
	var locked noPassword
	switch {
	case errors.As(err, &locked), errors.Is(err, errNoScheme):
		return call.Reason{Cause: call.NotAllowed, Status: res.StatusCode, Detail: err.Error()}
	case errors.Is(err, sipmsg.ErrUDPMTUCongestion):
		return call.Reason{Cause: call.Failed, Detail: "the message is too large for UDP; use TCP for this account"}
	case errors.Is(err, sipmsg.ErrTransactionTimeout):
		return call.Reason{Cause: call.Unreachable, Detail: fmt.Sprintf("the server at %s did not answer", server)}
	case err != nil:
		return call.Reason{Cause: call.Unreachable, Detail: fmt.Sprintf("the connection to %s failed: %v", server, err)}
	}
	r := call.FromStatus(res.StatusCode, printable(res.Reason))
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		r.Detail = "the server sent the call elsewhere, which this phone does not follow: " + r.Detail
	}
	return r
}
