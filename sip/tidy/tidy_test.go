package tidy

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func here() netip.AddrPort { return netip.MustParseAddrPort("192.0.2.7:5099") }

// request is one with a header field or two of its own; a bare name takes the usual one away.
func request(extra ...string) string {
	lines := []string{"Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1", "From: <sip:2@example.com>;tag=a", "To: <sip:1@example.com>", "Call-ID: x", "CSeq: 1 OPTIONS"}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, ":")
		for i, l := range lines {
			if strings.HasPrefix(l, name+":") {
				lines[i] = e
				e = ""
			}
		}
		if value != "" && e != "" {
			lines = append(lines, e)
		}
	}
	return "OPTIONS sip:1@example.com SIP/2.0\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func TestRead(t *testing.T) {
	for _, c := range []struct{ about, field, want string }{ // want: a line of what is handed on, or a status
		{"a short name", "k: path", "Supported: path"},
		{"an event", "o: refer", "Event: refer"},
		{"a comma nobody quoted", "Contact: Doe, John <sip:2@example.com>", `Contact: "Doe, John" <sip:2@example.com>`},
		{"quotes nobody escaped", `From: J "R" Doe <sip:2@example.com>;tag=a`, `From: "J \"R\" Doe" <sip:2@example.com>;tag=a`},
		{"an address without brackets", "From: sip:2@example.com;tag=a", "From: <sip:2@example.com>;tag=a"},
		{"semicolons too many", "From: <sip:2@example.com>;;tag=a;", "From: <sip:2@example.com>;tag=a"},
		{"a star", "Contact: *", "Contact: *"},
		{"a contact that is none", "Contact:", ""},
		{"two contacts", `m: "a,b" <sip:1@a>;q=1 , <sip:2@b>`, "Contact: <sip:2@b>"},
		{"a port asked for", "Via: SIP/2.0/UDP a;rport;branch=z9hG4bK1", "Via: SIP/2.0/UDP a;rport=5099;received=192.0.2.7;branch=z9hG4bK1"},
		{"a name for an address", "Via: SIP/2.0/UDP a;branch=z9hG4bK1", "Via: SIP/2.0/UDP a;received=192.0.2.7;branch=z9hG4bK1"},
		{"blanks", "Via: SIP / 2.0 / UDP 192.0.2.7 : 5060 ; branch = z9hG4bK1", "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1"},
		{"no hops", "Max-Forwards: many", ""},
		{"leading zeros", "CSeq: 0007 OPTIONS", "CSeq: 7 OPTIONS"},
		{"nought", "CSeq: 000 OPTIONS", "CSeq: 0 OPTIONS"},
		{"a quote without end", `To: "a <sip:1@example.com>`, "400"},
		{"a route that is none", "Record-Route: p.example.com", "400"},
		{"no number", "CSeq: one OPTIONS", "400"},
		{"a number too large", "CSeq: 2147483648 OPTIONS", "400"},
		{"a length that is not there", "Content-Length: 1", "400"},
		{"a length below nought", "Content-Length: -1", "400"},
		{"no Call-ID", "Call-ID: ", "400"},
	} {
		v := Reader{}.Read([]byte(request(c.field)), here())
		if len(c.want) == 3 {
			if !bytes.HasPrefix(v.Refusal, []byte("SIP/2.0 "+c.want)) || v.Message != nil {
				t.Errorf("%s: %s%s", c.about, v.Message, v.Refusal)
			}
			continue
		}
		name, _, _ := strings.Cut(c.field, ":")
		if c.want == "" && bytes.Contains(v.Message, []byte("\r\n"+name+":")) || !bytes.Contains(v.Message, []byte("\r\n"+c.want)) {
			t.Errorf("%s: %s%s", c.about, v.Message, v.Refusal)
		}
	}
}

// TestRefusalsGoWhereTheViaSays (RFC 3261 §18.2.2, RFC 3581 §4).
func TestRefusalsGoWhereTheViaSays(t *testing.T) {
	for via, want := range map[string]string{
		"SIP/2.0/UDP a;branch=z9hG4bK1":         "192.0.2.7:5060",
		"SIP/2.0/UDP a:5070;branch=z9hG4bK1":    "192.0.2.7:5070",
		"SIP/2.0/UDP a:5070;rport;branch=z":     "192.0.2.7:5099",
		"SIP/2.0/UDP ;,":                        "192.0.2.7:5099",
		"SIP/2.0/UDP [2001:db8::1]:5070;rport=": "192.0.2.7:5099",
	} {
		v := Reader{Server: "x"}.Read([]byte(request("Via: "+via, "Call-ID: ")), here())
		if v.To.String() != want || !bytes.Contains(v.Refusal, []byte("\r\nServer: x\r\n")) || !bytes.Contains(v.Refusal, []byte("\r\nTo: <sip:1@example.com>;tag=")) {
			t.Errorf("%s: %s\n%s", via, v.To, v.Refusal)
		}
	}
}

// TestNobodyAnswersAcknowledgements nor responses, nor what is no SIP.
func TestNobodyAnswersAcknowledgements(t *testing.T) {
	for _, text := range []string{
		strings.ReplaceAll(request("Call-ID: "), "OPTIONS", "ACK"), strings.Replace(request("Call-ID: "), "OPTIONS sip:1@example.com SIP/2.0", "SIP/2.0 200 OK", 1),
		"GET / HTTP/1.1\r\nVia: x\r\n\r\n", "OPTIONS sip:1@example.com SIP/2.0\r\nFrom: x\r\n\r\n", "", "\r\n", " \r\n \r\n",
	} {
		if v := (Reader{}).Read([]byte(text), here()); v.Message != nil || v.Refusal != nil {
			t.Errorf("%q: %s%s", text, v.Message, v.Refusal)
		}
	}
}

// TestLongHeaders: what takes a stranger a datagram takes us no longer than a breath.
func TestLongHeaders(t *testing.T) {
	began := time.Now()
	for _, unit := range []string{"a,", "a;", "<,", "\"", "\\", "\r\n a", "\r\na:", "\r\nm:a", "\r\nMax-Forwards:1", "a=b;", ",;"} {
		for _, name := range []string{"Via", "Contact", "From", "Record-Route"} {
			Reader{}.Read([]byte(request(name+": "+strings.Repeat(unit, 60000/len(unit)))), here())
		}
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("it took %s", d)
	}
}

// FuzzRead: what was tidied is tidy, stays within bounds, and is one message.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "torture", "*.dat"))
	if err != nil || len(files) == 0 {
		f.Fatal("no messages", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v := Reader{Allow: "INVITE"}.Read(raw, here())
		if v.Message != nil && v.Refusal != nil || len(v.Message) > 8*len(raw)+200 || len(v.Refusal) > 8*len(raw)+400 {
			t.Fatalf("%d bytes became %d and %d", len(raw), len(v.Message), len(v.Refusal))
		}
		if v.Message == nil {
			return
		}
		again := Reader{}.Read(v.Message, here())
		if !bytes.Equal(again.Message, v.Message) {
			t.Fatalf("%q\nis not tidy:\n%q\n%q", v.Message, again.Message, again.Refusal)
		}
	})
}
