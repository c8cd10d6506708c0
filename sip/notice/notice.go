// Package notice reads what NOTIFY tells and writes what PUBLISH does: message summaries (RFC 3842), dialogs (RFC 4235) and
// presence (RFC 3863, RFC 4480). Pure; the texts are strangers'.
package notice

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrUnreadable says that a body is not what its type promises.
var ErrUnreadable = errors.New("the body cannot be read")

// most bounds a body, in bytes, and most of its dialogs.
const (
	most        = 64 << 10
	mostDialogs = 100
)

// Summary is what waits in a mailbox. Servers that count nothing say only whether there is something.
type Summary struct {
	Waiting  bool
	New, Old int
}

// ReadSummary reads an application/simple-message-summary.
func ReadSummary(body []byte) (Summary, error) {
	var s Summary
	found := false
	for line := range bytes.Lines(body[:min(len(body), most)]) {
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "messages-waiting":
			found, s.Waiting = true, strings.EqualFold(value, "yes")
		case "voice-message":
			counts, _, _ := strings.Cut(value, "(")
			fresh, old, _ := strings.Cut(strings.TrimSpace(counts), "/")
			s.New, s.Old = count(fresh), count(old)
		}
	}
	if !found {
		return Summary{}, ErrUnreadable
	}
	return s, nil
}

func count(s string) int {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// State is what somebody's phone or desk is doing.
type State string

// The states.
const (
	Unknown State = ""
	Free    State = "free"
	Ringing State = "ringing"
	OnCall  State = "on-call"
	Busy    State = "busy" // not on a call, and not to be called
	Away    State = "away" // nobody is there
)

// Dialogs are the calls of one watched number. The zero value knows of none.
type Dialogs struct {
	version int64
	known   bool
	states  map[string]State
}

// Apply takes a NOTIFY's application/dialog-info+xml. An older one than the last changes nothing.
func (d Dialogs) Apply(body []byte) (Dialogs, error) {
	var doc struct {
		Version int64  `xml:"version,attr"`
		State   string `xml:"state,attr"`
		Dialog  []struct {
			ID    string `xml:"id,attr"`
			State string `xml:"state"`
		} `xml:"dialog"`
	}
	if err := read(body, "dialog-info", &doc); err != nil {
		return d, err
	}
	if len(doc.Dialog) > mostDialogs {
		return d, ErrUnreadable
	}
	if d.known && doc.Version < d.version {
		return d, nil
	}
	next := Dialogs{version: doc.Version, known: true, states: map[string]State{}}
	if doc.State == "partial" {
		for id, s := range d.states {
			next.states[id] = s
		}
	}
	for _, one := range doc.Dialog {
		switch strings.ToLower(strings.TrimSpace(one.State)) {
		case "terminated":
			delete(next.states, one.ID)
		case "confirmed":
			next.states[one.ID] = OnCall
		default: // trying, proceeding, early
			next.states[one.ID] = Ringing
		}
	}
	if len(next.states) > mostDialogs {
		return d, ErrUnreadable
	}
	return next, nil
}

// State is what they come to: a call that is talked on weighs more than one that rings.
func (d Dialogs) State() State {
	out := Free
	if !d.known {
		return Unknown
	}
	for _, s := range d.states {
		if s == OnCall {
			return OnCall
		}
		out = s
	}
	return out
}

// ReadPresence reads an application/pidf+xml.
func ReadPresence(body []byte) (State, error) {
	var doc struct {
		Tuple []struct {
			Basic string `xml:"status>basic"`
		} `xml:"tuple"`
		Person []struct {
			Activities struct {
				Any []struct {
					XMLName xml.Name
				} `xml:",any"`
			} `xml:"activities"`
		} `xml:"person"`
	}
	if err := read(body, "presence", &doc); err != nil {
		return Unknown, err
	}
	out := Away
	for _, t := range doc.Tuple {
		if strings.EqualFold(strings.TrimSpace(t.Basic), "open") {
			out = Free
		}
	}
	for _, p := range doc.Person {
		for _, a := range p.Activities.Any {
			switch a.XMLName.Local {
			case "on-the-phone":
				return OnCall, nil
			case "busy", "meeting", "presentation", "appointment":
				out = Busy
			case "away", "meal", "breakfast", "dinner", "sleeping", "vacation", "holiday", "permanent-absence":
				out = Away
			}
		}
	}
	return out, nil
}

// read takes in a document with a root of this name.
func read(body []byte, root string, into any) error {
	if len(body) > most {
		return ErrUnreadable
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = nil // UTF-8, as the RFCs say
	for {
		token, err := d.Token()
		if err != nil {
			return ErrUnreadable
		}
		if start, ok := token.(xml.StartElement); ok {
			if start.Name.Local != root || d.DecodeElement(into, &start) != nil {
				return ErrUnreadable
			}
			return nil
		}
	}
}

// WritePresence makes an application/pidf+xml for an address of record. ID names the tuple, a word of letters and digits.
func WritePresence(entity, id string, s State, note string) []byte {
	basic, activity := "open", ""
	switch s {
	case OnCall:
		activity = "on-the-phone"
	case Busy:
		activity = "busy"
	case Away, Unknown:
		basic, activity = "closed", "away"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+
		`<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="%s">`+"\n"+
		`<tuple id="%s"><status><basic>%s</basic></status><note>%s</note></tuple>`+"\n", text(entity), text(id), basic, text(note))
	if activity != "" {
		fmt.Fprintf(&b, `<dm:person id="p%s"><rpid:activities><rpid:%s/></rpid:activities></dm:person>`+"\n", text(id), activity)
	}
	b.WriteString("</presence>\n")
	return b.Bytes()
}

func text(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a buffer takes everything
	}
	return b.String()
}
