package sip

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
	"sidetone/sip/transact"
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

	detour   func() *link  // where it is sent once more if nobody answers; nil: nowhere
	hurry    time.Duration // after which it is if nothing was heard; 0: at the end of the transaction
	detoured bool          // it was: who had heard it before refuses it as old

	rounds   int
	answered map[string]bool // by header and realm: a challenge was answered
	asked    bool            // the password was asked for
	proved   bool            // a proof was on the request sent last
	open     bool            // a transaction is under way
	last     bool            // nobody wants it any more: a challenge is its end
	over     bool
	stop     func()
	release  func() // gives back a connection that was opened for it; nil: none was
}

// signature is how one realm's challenges are answered: the last of them, and what is left of the password. It outlives the
// exchange: the next request answers before it is asked, with the nonce's next count (RFC 7616 §3.4), which saves a round trip.
type signature struct {
	challenge
	header string // Authorization or Proxy-Authorization
	secret string
	cnonce string
	count  uint32
}

// start sends the request. The outcome comes through done, never inline.
func (x *exchange) start(u *UA) {
	x.answered = map[string]bool{}
	x.prove()
	x.send(u)
	if x.hurry > 0 {
		u.after(x.hurry, func() {
			if x.hurry > 0 && x.open {
				x.goAround(u)
			}
		})
	}
}

func (x *exchange) send(u *UA) {
	req := x.req
	if x.rounds > 0 {
		req = req.Clone()
		x.link.address(req, x.link.server)
		req.SetDestination(x.req.Destination())
		setCSeq(req, x.nextSeq())
		x.req = req
		x.prove()
	}
	if x.tooWide(req) {
		x.widen(u, req)
		return
	}
	x.launch(u, req)
}

// unanswered is the end of a transaction without a final response: perhaps another server gives one.
func (x *exchange) unanswered(u *UA, req *sipmsg.Request, err error) {
	switch {
	case req != x.req: // it went another way meanwhile
	case !errors.Is(err, sipmsg.ErrTransactionTimeout) || !x.goAround(u):
		x.finish(nil, err)
	}
}

// goAround sends a request once more, past who does not answer it; false if there is no other way. It stays the same, and its CSeq with
// it, in case it has been heard.
func (x *exchange) goAround(u *UA) bool {
	if x.over || x.last || x.detour == nil {
		return false
	}
	f := x.detour()
	if f == nil {
		return false
	}
	if x.open && x.stop != nil {
		x.stop()
	}
	x.link, x.req, x.detour, x.detoured = f, x.req.Clone(), nil, true
	f.address(x.req, f.server)
	x.prove()
	x.launch(u, x.req)
	return true
}

// old reports whether an answer may only say that the same request came before, by the way that has brought no answer since (RFC 3261
// §12.2.2, §8.2.2.2): then nothing is known of what became of it.
func (x *exchange) old(res *sipmsg.Response) bool {
	return x.detoured && res != nil && (res.StatusCode == 500 || res.StatusCode == 482)
}

// launch puts the request on the wire.
func (x *exchange) launch(u *UA, req *sipmsg.Request) {
	x.open = true
	stop, err := u.transact(x.link, req, transact.Outcome{
		Response: func(res *sipmsg.Response) { x.response(u, req, res) },
		Again: func(res *sipmsg.Response) {
			if x.again != nil {
				x.again(res)
			}
		},
		Over: func(err error) { x.unanswered(u, req, err) },
	})
	if err != nil {
		u.box.post(func() { x.finish(nil, err) })
		return
	}
	x.stop = stop
}

func (x *exchange) response(u *UA, req *sipmsg.Request, res *sipmsg.Response) {
	if x.over || req != x.req {
		return
	}
	x.hurry = 0
	switch {
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
	where := gives + " " + c.realm + x.kind()
	known := x.known(c)
	if x.stranger(c) {
		x.finish(res, nil)
		return
	}
	wrong := x.answered[where] && !c.stale
	x.rounds++
	switch {
	case x.rounds >= maxRounds, wrong && x.asked:
		delete(x.account.signatures, where)
		x.finish(res, nil)
	case known != "" && !wrong:
		x.sign(where, gives, c, known)
		x.send(u)
	default:
		who := x.account.conf
		u.work(func(ctx context.Context) func() {
			password, err := u.cfg.Password(ctx, who)
			return func() { x.unlocked(u, res, asking{where, gives, c}, password, err) }
		})
	}
}

// What is kept of challenges.
const (
	mostProofs = 16   // of an account; beyond that only those of the request at hand stay
	mostWords  = 1024 // octets of a realm, nonce or opaque value: all of it goes into every later request
)

// stranger reports a challenge that gets no proof: one within a call, of a realm that no server has asked for before, which is the far
// end's own; or one that would make every later request too large.
func (x *exchange) stranger(c challenge) bool {
	seen := len(x.account.signatures) == 0 // a server that has asked for nothing yet may begin
	for _, s := range x.account.signatures {
		seen = seen || s.realm == c.realm
	}
	inDialog := tagOf(x.req.To().Params) != ""
	return inDialog && !seen || max(len(c.realm), len(c.nonce), len(c.opaque)) > mostWords
}

// kind keeps what proves a registration apart from what proves other requests: a server that is sent both may not bear it.
func (x *exchange) kind() string {
	if x.req.Method == sipmsg.REGISTER {
		return " REGISTER"
	}
	return ""
}

// known is what is left of the password for a challenge's realm, if it was asked for before.
func (x *exchange) known(c challenge) string {
	for _, s := range x.account.signatures {
		if s.realm == c.realm && s.sameHash(c) {
			return s.secret
		}
	}
	return ""
}

// asking is a challenge that waits for the password.
type asking struct {
	where, header string
	challenge     challenge
}

// unlocked goes on once the password is there. One that was just refused is not tried again.
func (x *exchange) unlocked(u *UA, res *sipmsg.Response, a asking, password string, err error) {
	if x.over {
		return
	}
	if err != nil {
		x.finish(res, noPassword{err})
		return
	}
	secret := a.challenge.secret(x.account.conf.User(), password)
	if x.answered[a.where] && !a.challenge.stale && x.known(a.challenge) == secret {
		delete(x.account.signatures, a.where)
		x.finish(res, nil)
		return
	}
	x.asked = true
	x.sign(a.where, a.header, a.challenge, secret)
	x.send(u)
}

// sign keeps how a realm's challenges are answered from now on.
func (x *exchange) sign(where, header string, c challenge, secret string) {
	x.answered[where] = true
	for _, s := range x.account.signatures {
		if s.realm == c.realm && s.sameHash(c) {
			s.secret = secret
		}
	}
	if len(x.account.signatures) >= mostProofs {
		maps.DeleteFunc(x.account.signatures, func(where string, _ *signature) bool { return !x.answered[where] })
	}
	x.account.signatures[where] = &signature{challenge: c, header: header, secret: secret, cnonce: token(8)}
}

// prove puts the answers to all challenges so far on the request: those of this exchange, and to the server itself those of
// earlier ones. Nobody else gets an answer before asking.
func (x *exchange) prove() {
	x.req.RemoveHeader("Authorization")
	x.req.RemoveHeader("Proxy-Authorization")
	server := x.req.Destination() == x.link.server.String()
	for _, where := range slices.Sorted(maps.Keys(x.account.signatures)) {
		s := x.account.signatures[where]
		if !server && !x.answered[where] || x.last || where != s.header+" "+s.realm+x.kind() {
			continue
		}
		s.count++
		x.proved = true
		x.req.AppendHeader(sipmsg.NewHeader(s.header, s.answer(proof{
			username: x.account.conf.User(), secret: s.secret, method: x.req.Method.String(),
			uri: x.req.Recipient.String(), count: s.count, cnonce: s.cnonce,
		})))
	}
}

func (x *exchange) finish(res *sipmsg.Response, err error) {
	if x.over {
		return
	}
	x.over, x.open = true, false
	x.letGo()
	x.done(res, err)
}

// abandon forgets the exchange: done will not come. A transaction that is under way is stopped.
func (x *exchange) abandon() {
	if !x.over && x.open && x.stop != nil {
		x.stop()
	}
	x.over = true
	x.letGo()
}

func (x *exchange) letGo() {
	if x.release != nil {
		x.release()
	}
}

// credentialed reports whether a password was proved.
func (x *exchange) credentialed() bool { return x.proved }

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
	case errors.Is(err, transact.ErrTooLarge):
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
