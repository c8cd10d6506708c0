package pbx

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// register keeps the binding of a user (RFC 3261 §10.3), one per user: the last phone wins.
func (s *Server) register(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	user := req.To().Address.User
	if !s.admit(req, tx, user, 401) {
		return
	}
	expires := s.cfg.MaxExpires
	if h := req.GetHeader("Expires"); h != nil {
		if n, err := strconv.Atoi(h.Value()); err == nil {
			expires = min(n, expires)
		}
	}
	res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
	if c := req.Contact(); c != nil {
		if v, ok := c.Params.Get("expires"); ok {
			if n, err := strconv.Atoi(v); err == nil {
				expires = min(n, s.cfg.MaxExpires)
			}
		}
		s.keep(user, binding{
			contact: *c.Address.Clone(), network: req.Transport(), source: req.Source(),
			until: time.Now().Add(time.Duration(expires) * time.Second),
		}, expires > 0)
		if expires > 0 {
			res.AppendHeader(listed(c.Address, expires))
		}
	} else if b, ok := s.lookup(user); ok { // a question (RFC 3261 §10.2.3)
		res.AppendHeader(listed(b.contact, int(time.Until(b.until).Seconds())))
	}
	res.AppendHeader(sipmsg.NewHeader("Expires", strconv.Itoa(expires)))
	s.respond(tx, res)
}

// listed is a binding as a response shows it.
func listed(uri sipmsg.Uri, expires int) *sipmsg.ContactHeader {
	c := &sipmsg.ContactHeader{Address: *uri.Clone(), Params: sipmsg.NewParams()}
	c.Params.Add("expires", strconv.Itoa(expires))
	return c
}

func (s *Server) keep(user string, b binding, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.bindings[user] = b
	} else {
		delete(s.bindings, user)
	}
	s.touch()
}

func (s *Server) lookup(user string) (binding, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bindings[user]
	return b, ok && time.Now().Before(b.until)
}

// admit checks the digest of a request (RFC 7616) and answers it when it is missing or wrong: 401 or 407 for want of a
// good one, 403 for a user nobody knows.
func (s *Server) admit(req *sipmsg.Request, tx *sipmsg.ServerTx, user string, status int) bool {
	password, known := s.cfg.Users[user]
	if !known {
		s.respond(tx, sipmsg.NewResponseFromRequest(req, 403, "Forbidden", nil))
		return false
	}
	asks, gives, phrase := "WWW-Authenticate", "Authorization", "Unauthorized"
	if status == 407 {
		asks, gives, phrase = "Proxy-Authenticate", "Proxy-Authorization", "Proxy Authentication Required"
	}
	h := req.GetHeader(gives)
	stale := false
	if h != nil {
		ok, old := s.proven(req, h.Value(), password)
		if ok {
			if _, again := s.take(Challenge, req.Method.String()); !again {
				return true
			}
		}
		stale = ok || old
	}
	res := sipmsg.NewResponseFromRequest(req, status, phrase, nil)
	nonce := s.newNonce()
	for _, alg := range s.cfg.Algorithms {
		v := fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=%s, qop="auth"`, s.cfg.Realm, nonce, alg)
		if stale {
			v += ", stale=true"
		}
		res.AppendHeader(sipmsg.NewHeader(asks, v))
	}
	s.respond(tx, res)
	return false
}

func (s *Server) newNonce() string {
	b := make([]byte, 12)
	rand.Read(b)
	nonce := hex.EncodeToString(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonces[nonce] = true
	return nonce
}

// proven reports whether the credentials are right; old says they would be with a fresh nonce.
func (s *Server) proven(req *sipmsg.Request, value, password string) (ok, old bool) {
	p := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^\s,]+))`).FindAllStringSubmatch(value, -1) {
		p[strings.ToLower(m[1])] = m[2] + m[3]
	}
	h := func(t string) string { b := md5.Sum([]byte(t)); return hex.EncodeToString(b[:]) }
	if strings.EqualFold(p["algorithm"], "SHA-256") {
		h = func(t string) string { b := sha256.Sum256([]byte(t)); return hex.EncodeToString(b[:]) }
	}
	a1 := h(p["username"] + ":" + s.cfg.Realm + ":" + password)
	a2 := h(req.Method.String() + ":" + p["uri"])
	want := h(strings.Join([]string{a1, p["nonce"], p["nc"], p["cnonce"], p["qop"], a2}, ":"))
	good := subtle.ConstantTimeCompare([]byte(want), []byte(p["response"])) == 1 && p["uri"] == req.Recipient.String()
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.nonces[p["nonce"]]
	return good && fresh, good && !fresh
}

// ForgetNonces makes every nonce handed out so far stale.
func (s *Server) ForgetNonces() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nonces = map[string]bool{}
}
