// Package trace keeps the SIP messages of the last while, without secrets, and what became of lines, calls and connections meanwhile,
// and shows them: as text, as a ladder, for Wireshark.
package trace

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Message is one SIP message as it was on the wire, less its secrets; or a note, which has no Text.
type Message struct {
	Number    uint64         `json:"number"` // from 1, without gaps
	At        time.Time      `json:"at"`
	Sent      bool           `json:"sent"`      // by us
	Transport string         `json:"transport"` // "udp", "tcp", "tls", "wss"
	Local     netip.AddrPort `json:"local"`
	Remote    netip.AddrPort `json:"remote"`
	CallID    string         `json:"call_id,omitempty"`
	Text      string         `json:"text"`
	Note      string         `json:"note,omitempty"` // what happened: "line work: ready"
}

// How much is kept.
const (
	mostMessages = 2000
	mostBytes    = 4 << 20
)

// Log is the ring. Its methods may be called from any goroutine.
type Log struct {
	mu    sync.Mutex
	kept  []Message
	bytes int
	last  uint64
	more  chan struct{} // closed when there is more
}

// NewLog makes an empty one.
func NewLog() *Log { return &Log{more: make(chan struct{})} }

// Add keeps a message; its number and Call-ID are set here, and its secrets taken out. The oldest make room.
func (l *Log) Add(m Message, raw []byte) {
	m.Text = Redact(raw)
	m.CallID = header(m.Text, "Call-ID", "i")
	l.keep(m)
}

// Note keeps what happened to a call, where m has its Call-ID, or to all.
func (l *Log) Note(m Message) { l.keep(m) }

func (l *Log) keep(m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	m.Number = l.last
	l.kept, l.bytes = append(l.kept, m), l.bytes+len(m.Text)+len(m.Note)
	drop := 0
	for len(l.kept)-drop > mostMessages || l.bytes > mostBytes && drop < len(l.kept)-1 {
		l.bytes -= len(l.kept[drop].Text) + len(l.kept[drop].Note)
		drop++
	}
	l.kept = l.kept[drop:]
	if cap(l.kept) > 4*mostMessages {
		l.kept = append([]Message(nil), l.kept...)
	}
	close(l.more)
	l.more = make(chan struct{})
}

// After returns the messages later than number that are kept, oldest first, and a channel that is closed when there are more.
func (l *Log) After(number uint64) ([]Message, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Message
	for _, m := range l.kept {
		if m.Number > number {
			out = append(out, m)
		}
	}
	return out, l.more
}

// Of returns the messages and notes of one Call-ID, with the notes that concern everything from its first to its last.
func Of(all []Message, callID string) []Message {
	var out, between []Message
	for _, m := range all {
		switch {
		case m.CallID == callID:
			out = append(append(out, between...), m)
			between = nil
		case m.CallID == "" && m.Note != "" && len(out) > 0:
			between = append(between, m)
		}
	}
	return out
}

// Redact takes the secrets out of a message: what proves a password, and keys of encrypted sound.
func Redact(raw []byte) string {
	var out strings.Builder
	hides := false
	for line := range bytes.SplitAfterSeq(raw, []byte("\n")) {
		if hides && len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			continue // the hidden header goes on (RFC 3261 §7.3.1)
		}
		text := redacted(string(line))
		hides = strings.HasSuffix(strings.TrimRight(text, "\r\n"), hidden)
		out.WriteString(text)
	}
	return out.String()
}

// hidden stands where a secret was.
const hidden = "(hidden)"

func redacted(line string) string {
	end := line[len(strings.TrimRight(line, "\r\n")):]
	line = strings.TrimSuffix(line, end)
	name, value, _ := strings.Cut(line, ":")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info":
		scheme, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		if strings.Contains(scheme, "=") {
			scheme = ""
		}
		return strings.TrimSpace(name+": "+scheme) + " " + hidden + end
	case "a=crypto":
		if i := strings.Index(line, "inline:"); i >= 0 {
			return line[:i] + "inline:" + hidden + end
		}
		return name + ":" + hidden + end
	case "a=ice-pwd", "a=key-mgmt":
		return name + ":" + hidden + end
	}
	if strings.HasPrefix(line, "k=") {
		return "k=" + hidden + end
	}
	return line + end
}

// header is the value of a message's first header with one of these names.
func header(text string, names ...string) string {
	if all := headers(text, names...); len(all) > 0 {
		return all[0]
	}
	return ""
}

// headers are the values of a message's headers with one of these names.
func headers(text string, names ...string) (values []string) {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\n") {
		name, value, _ := strings.Cut(line, ":")
		for _, n := range names {
			if strings.EqualFold(strings.TrimSpace(name), n) {
				values = append(values, strings.TrimSpace(value))
			}
		}
	}
	return values
}

// first is the start line: "INVITE sip:…", "200 OK (INVITE)".
func (m Message) first() string {
	line, _, _ := strings.Cut(m.Text, "\r\n")
	if rest, ok := strings.CutPrefix(line, "SIP/2.0 "); ok {
		_, method, _ := strings.Cut(header(m.Text, "CSeq"), " ")
		return rest + " (" + strings.TrimSpace(method) + ")"
	}
	return strings.TrimSuffix(line, " SIP/2.0")
}
