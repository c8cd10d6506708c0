package trace

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	noon   = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	us     = netip.MustParseAddrPort("192.0.2.10:5060")
	server = netip.MustParseAddrPort("198.51.100.5:5061")
	other  = netip.MustParseAddrPort("[2001:db8::7]:5060")
)

// story is a call that is challenged, answered and hung up by another server.
func story() *Log {
	l := NewLog()
	say := func(ms int, sent bool, far netip.AddrPort, text ...string) {
		l.Add(Message{At: noon.Add(time.Duration(ms) * time.Millisecond), Sent: sent, Transport: "tls", Local: us, Remote: far}, []byte(strings.Join(text, "\r\n")+"\r\n"))
	}
	const id = "Call-ID: 1@example.com"
	sdp := "\r\nv=0\r\nc=IN IP4 192.0.2.10\r\nm=audio 40000 RTP/SAVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0c2VjcmV0\r\na=sendrecv"
	say(0, true, server, "INVITE sip:+12025550142@example.com SIP/2.0", id, "CSeq: 1 INVITE", sdp)
	say(11, false, server, "SIP/2.0 407 Proxy Authentication Required", "i: 1@example.com", "CSeq: 1 INVITE", "")
	say(12, true, server, "INVITE sip:+12025550142@example.com SIP/2.0", id, "CSeq: 2 INVITE", `Proxy-Authorization: Digest username="1001", response="00ff"`, sdp)
	say(40, true, server, "OPTIONS sip:example.com SIP/2.0", "Call-ID: 2@example.com", "CSeq: 1 OPTIONS", "")
	say(2100, false, server, "SIP/2.0 180 Ringing", id, "CSeq: 2 INVITE", "")
	note := func(ms int, id, text string) {
		l.Note(Message{At: noon.Add(time.Duration(ms) * time.Millisecond), CallID: id, Note: text})
	}
	note(2101, "1@example.com", "call 0a1b2c: ringing")
	note(40000, "", "connection to 198.51.100.5:5061 lost: the server closed it")
	note(41000, "2@example.com", "call of somebody else: ended")
	note(42500, "", "line work: ready")
	say(65432, false, other, "BYE sip:1001@192.0.2.10 SIP/2.0", id, "CSeq: 1 BYE", "")
	say(65433, true, other, "SIP/2.0 200 OK", id, "CSeq: 1 BYE", "")
	note(65434, "1@example.com", "call 0a1b2c: ended. They hung up.")
	note(70000, "", "line work: off")
	return l
}

func call(t *testing.T) []Message {
	t.Helper()
	all, _ := story().After(0)
	return Of(all, "1@example.com")
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"Authorization: Digest username=\"1001\", response=\"00\"\r\nTo: x\r\n":                          "Authorization: Digest (hidden)\r\nTo: x\r\n",
		"Authorization: Digest username=\"1001\",\r\n response=\"00\",\r\n\tqop=auth\r\nTo: x\r\n y\r\n": "Authorization: Digest (hidden)\r\nTo: x\r\n y\r\n",
		"proxy-authorization:Digest a=b\n":                                                               "proxy-authorization: Digest (hidden)\n",
		"Authorization: response=\"00\"":                                                                 "Authorization: (hidden)",
		"Authentication-Info: rspauth=\"00\"\r\n":                                                        "Authentication-Info: (hidden)\r\n",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^20\r\n":                                    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(hidden)\r\n",
		"a=crypto:1 NONE c2VjcmV0\r\n":                                                                   "a=crypto:(hidden)\r\n",
		"a=ice-pwd:secret\r\nk=base64:c2VjcmV0\r\n":                                                      "a=ice-pwd:(hidden)\r\nk=(hidden)\r\n",
		"WWW-Authenticate: Digest nonce=\"1\"\r\nk: path\r\n":                                            "WWW-Authenticate: Digest nonce=\"1\"\r\nk: path\r\n",
	} {
		if got := Redact([]byte(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add([]byte("Authorization: Digest response=\"hunter2\"\r\n"))
	f.Add([]byte("a=crypto:1 X inline:hunter2"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, line := range []string{"Authorization: Digest response=hunter2", "Authorization:\r\n Digest a=b,\r\n\tresponse=hunter2", "\r\nPROXY-AUTHORIZATION : Digest hunter2", "\na=crypto:1 A inline:hunter2"} {
			if strings.Contains(string(b), "hunter2") {
				return
			}
			text := string(b)
			if !strings.HasPrefix(line, "\n") && !strings.HasPrefix(line, "\r") {
				text += "\r\n"
			}
			if got := Redact([]byte(text + line + "\r\n")); strings.Contains(got, "hunter2") {
				t.Fatalf("%q", got)
			}
		}
	})
}

func TestRing(t *testing.T) {
	l := NewLog()
	_, more := l.After(0)
	for i := range mostMessages + 10 {
		l.Add(Message{}, fmt.Appendf(nil, "OPTIONS %d SIP/2.0\r\n", i))
	}
	select {
	case <-more:
	default:
		t.Error("nobody was told")
	}
	all, _ := l.After(0)
	if len(all) != mostMessages || all[0].Number != 11 || all[len(all)-1].Number != mostMessages+10 {
		t.Errorf("%d are kept, from %d", len(all), all[0].Number)
	}
	if some, _ := l.After(all[len(all)-3].Number); len(some) != 2 {
		t.Errorf("%d are later", len(some))
	}
	for range 200 {
		l.Add(Message{}, bytes.Repeat([]byte("x"), 60000))
	}
	all, _ = l.After(0)
	if n := len(all) * 60000; n > mostBytes {
		t.Errorf("%d bytes are kept", n)
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what was promised; look at it, then run with -update:\n%s", path, got)
	}
}

// redirected is a call that we forward: what became of it is kept before the answer that says so. It is refused at length elsewhere.
func redirected() []Message {
	l := NewLog()
	at := func(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }
	say := func(ms int, sent bool, text ...string) {
		l.Add(Message{At: at(ms), Sent: sent, Transport: "udp", Local: us, Remote: server}, []byte(strings.Join(text, "\r\n")+"\r\n\r\n"))
	}
	const id = "Call-ID: 3@example.com"
	say(0, false, "INVITE sip:1001@192.0.2.10 SIP/2.0", id, "CSeq: 1 INVITE")
	l.Note(Message{At: at(3), CallID: "3@example.com", Note: "call 0a1b2c: forwarded"})
	say(2, true, "SIP/2.0 302 Moved Temporarily", id, "CSeq: 1 INVITE", "Contact: \"Sales, First\" <sip:1002@example.com>;q=0.5", "m: sip:1003@example.com")
	say(4, false, "ACK sip:1001@192.0.2.10 SIP/2.0", id, "CSeq: 1 ACK")
	say(5, false, "SIP/2.0 503 Service Unavailable Because Of A Planned Maintenance Of The Carrier Between Midnight And Four", id, "CSeq: 2 INVITE")
	l.Note(Message{At: at(6), CallID: "3@example.com", Note: "call 0a1b2c: ended. The phone server cannot take calls just now."})
	say(7, false, "SIP/2.0 486 "+strings.Repeat("Busy", 30), id, "CSeq: 3 INVITE")
	say(8, false, "SIP/2.0 380 Alternative Service", id, "CSeq: 4 INVITE")
	all, _ := l.After(0)
	return all
}

// TestWrap: nothing is lost, no line is too long, and none is empty.
func TestWrap(t *testing.T) {
	for _, s := range []string{"", " ", "short", "two words", strings.Repeat("long", 9), "a " + strings.Repeat("ü", 25) + " b c", strings.Repeat("ab cd ", 20)} {
		lines := wrap(s, 10)
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := squeeze(strings.Join(lines, "")); got != squeeze(s) {
			t.Errorf("%q becomes %q", s, lines)
		}
		for _, l := range lines {
			if n := len([]rune(l)); n > 10 || n == 0 || strings.TrimSpace(l) != l {
				t.Errorf("%q: the line %q", s, l)
			}
		}
	}
}

func TestLadders(t *testing.T) {
	golden(t, "forwarded.txt", []byte(Text(redirected())))
	golden(t, "forwarded.svg", []byte(SVG(redirected())))

	golden(t, "ladder.txt", []byte(Text(call(t))))
	golden(t, "ladder.svg", []byte(SVG(call(t))))
	if Text(nil) != "" {
		t.Error("a ladder of nothing")
	}
}

// TestPcapng reads the file back: blocks of the right length, datagrams that end where they should, checksums that add up.
func TestPcapng(t *testing.T) {
	messages := call(t)
	var b bytes.Buffer
	if err := Pcapng(&b, messages); err != nil {
		t.Fatal(err)
	}
	golden(t, "call.pcapng", b.Bytes())
	all := messages
	messages = slices.DeleteFunc(slices.Clone(all), func(m Message) bool { return m.Note != "" })
	if notes := len(all) - len(messages); notes != 4 || !bytes.Contains(b.Bytes(), []byte("line work: ready")) {
		t.Errorf("%d notes", notes)
	}
	n := 0
	for rest := b.Bytes(); len(rest) > 0; {
		kind, length := binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:])
		if length%4 != 0 || int(length) > len(rest) || binary.BigEndian.Uint32(rest[length-4:]) != length {
			t.Fatalf("a block of %d bytes", length)
		}
		if kind == blockPacket {
			size := binary.BigEndian.Uint32(rest[20:])
			p := rest[28 : 28+size]
			if !bytes.HasSuffix(p, []byte(messages[n].Text)) {
				t.Errorf("packet %d does not end with its message", n)
			}
			if p[0]>>4 == 4 && checksum(p[:20]) != 0 {
				t.Errorf("packet %d: the checksum of IP", n)
			}
			n++
		}
		rest = rest[length:]
	}
	if n != len(messages) {
		t.Errorf("%d packets of %d messages", n, len(messages))
	}
	if strings.Contains(b.String(), "00ff") || strings.Contains(b.String(), "c2VjcmV0") {
		t.Error("a secret is in the file")
	}
}
