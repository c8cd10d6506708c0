// Package pairing is how a widget and the app come to know each other, and how each proves itself on every connection. Pure,
// but for the randomness of keys and nonces and for Book, which is a file.
//
// # Pairing
//
// Once for a browser and a site. The page (P) and the app (A) exchange public keys; a person carries six digits from the page
// to the app's own window:
//
//	P → A  pair            P's key, C = hash(commit, P's key, n)      n, 32 random octets, stays secret
//	A → P  pair-challenge  A's key, m                                 m, 32 random octets
//	       the page shows D = digits(origin, both keys, n, m); the person types it into the app's window
//	A → P  pair-commit     T = hash(typed, both keys, D typed, t)     t, 32 random octets, stays secret
//	P → A  pair-reveal     n                                          A checks C, then that D typed is D
//	A → P  paired          t                                          P checks T with its own D
//
// Neither side can choose its values so that the digits come out as it likes: P is bound by C before it sees m, and A sends m
// before it sees n. Somebody between the two has two different D, and the person types the wrong one; he is found out with
// all but one in a million. Somebody in place of the app, on a port the app does not hold, never learns D before he has to
// commit to it: so the page, too, knows that its peer is the window the person typed into. Digits shown by both sides, or
// compared, would not give it that. Every attempt has fresh values; what is left of a failed one is worth nothing.
//
// # Each connection
//
// The app sends a nonce. The page answers with its key's ID, a nonce of its own and a signature over the protocol, the word
// page, its origin, the port and both nonces; the app answers with its signature over the same and the word app. The port is
// in it so that a program on another port cannot pass the words on.
package pairing

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// protocol is in everything that is signed or hashed.
const protocol = "sidetone-bridge/1"

// Digits is how many digits a person types.
const Digits = 6

// The sides of a connection.
const (
	page = "page"
	app  = "app"
)

// text joins parts so that no two lists of parts give the same text: none of ours holds a line feed.
func text(parts ...string) string { return protocol + "\n" + strings.Join(parts, "\n") }

func hash(parts ...string) [32]byte { return sha256.Sum256([]byte(text(parts...))) }

func hashText(parts ...string) string {
	sum := hash(parts...)
	return encode(sum[:])
}

// Commitment is C: what binds the page to its nonce.
func Commitment(pageKey Key, nonce string) string { return hashText("commit", string(pageKey), nonce) }

// Exchange is what both sides of one attempt know in the end.
type Exchange struct {
	Origin    string
	Page, App Key
	PageNonce string
	AppNonce  string
}

// Digits is D, six decimal digits.
func (x Exchange) Digits() string {
	sum := hash("digits", x.Origin, string(x.Page), string(x.App), x.PageNonce, x.AppNonce)
	return fmt.Sprintf("%0*d", Digits, binary.BigEndian.Uint64(sum[:8])%1e6)
}

// Typed is T: what binds the app to the digits typed into its window.
func Typed(pageKey, appKey Key, digits, nonce string) string {
	return hashText("typed", string(pageKey), string(appKey), digits, nonce)
}

// Hello is what one connection is about. Origin is the page's, Port the one it reached.
type Hello struct {
	Origin    string
	Port      int
	AppNonce  string
	PageNonce string
}

func (h Hello) text(side string) string {
	return text(side, h.Origin, strconv.Itoa(h.Port), h.AppNonce, h.PageNonce)
}

// ByPage reports whether sig is the signature of the page with that key.
func (h Hello) ByPage(k Key, sig string) bool { return k.verifies(h.text(page), sig) }

// SignApp signs for the app.
func (h Hello) SignApp(i Identity) (string, error) { return i.sign(h.text(app)) }

// SignPage signs for a page that is written in Go.
func (h Hello) SignPage(i Identity) (string, error) { return i.sign(h.text(page)) }

// ByApp reports whether sig is the signature of the app with that key.
func (h Hello) ByApp(k Key, sig string) bool { return k.verifies(h.text(app), sig) }

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
