package sip

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

// torment is one message of RFC 4475 or RFC 5118 and what becomes of it here. What the RFC asks for is in asks, in short; where it
// leaves a choice, ours is what is tested.
type torment struct {
	section, name string
	asks          string
	want          int    // the final response to a request; see the constants for others
	stream        string // what differs when it comes over a connection: closed, waits, or it has no length there
}

// What else can become of a message.
const (
	rings     = -1 - iota // an INVITE that reaches the agent
	taken                 // a response that our transaction takes
	discarded             // a response without effect
)

// torments are all of RFC 4475 and RFC 5118, in their order.
func torments() []torment {
	return []torment{
		{"4475 3.1.1.1", "wsinv", "well-formed; its dialog is unknown", 481, ""},
		{"4475 3.1.1.2", "intmeth", "well-formed; 501 with Allow", 501, ""},
		{"4475 3.1.1.3", "esc01", "well-formed", rings, ""},
		{"4475 3.1.1.4", "escnull", "well-formed; no registrar here", 405, ""},
		{"4475 3.1.1.5", "esc02", "well-formed; 501", 501, ""},
		{"4475 3.1.1.6", "lwsdisp", "accept as well-formed", 200, ""},
		{"4475 3.1.1.7", "longreq", "well-formed", rings, ""},
		{"4475 3.1.1.8", "dblreq", "ignore what follows the REGISTER; no registrar here", 405, ""},
		{"4475 3.1.1.9", "semiuri", "well-formed", 200, ""},
		{"4475 3.1.1.10", "transports", "well-formed", 200, ""},
		{"4475 3.1.1.11", "mpart01", "well-formed; MESSAGE is not offered here", 405, ""},
		{"4475 3.1.1.12", "unreason", "well-formed", taken, ""},
		{"4475 3.1.1.13", "noreason", "well-formed", taken, ""},
		{"4475 3.1.2.1", "badinv01", "400", 400, ""},
		{"4475 3.1.2.2", "clerr", "400; over a stream wait for the rest", 400, "waits"},
		{"4475 3.1.2.3", "ncl", "an error; close a stream", 400, "closed"},
		{"4475 3.1.2.4", "scalar02", "400", 400, ""},
		{"4475 3.1.2.5", "scalarlg", "discard", discarded, ""},
		{"4475 3.1.2.6", "quotbal", "400", 400, ""},
		{"4475 3.1.2.7", "ltgtruri", "400, or ignore the brackets", 400, ""},
		{"4475 3.1.2.8", "lwsruri", "400, or ignore the blanks", 400, ""},
		{"4475 3.1.2.9", "lwsstart", "reject, or ignore the blanks", rings, ""},
		{"4475 3.1.2.10", "trws", "reject, or ignore the blanks", 200, ""},
		{"4475 3.1.2.11", "escruri", "400, or ignore the headers", 400, ""},
		{"4475 3.1.2.12", "baddate", "accept, as nobody needs the date", rings, ""},
		{"4475 3.1.2.13", "regbadct", "400, or infer the brackets", 400, ""},
		{"4475 3.1.2.14", "badaspec", "400, or ignore the blanks", 200, ""},
		{"4475 3.1.2.15", "baddn", "400, or infer the quotes", 200, ""},
		{"4475 3.1.2.16", "badvers", "505", 505, ""},
		{"4475 3.1.2.17", "mismatch01", "400", 400, ""},
		{"4475 3.1.2.18", "mismatch02", "501, or 400", 501, ""},
		{"4475 3.1.2.19", "bigcode", "drop", discarded, ""},
		{"4475 3.2.1", "badbranch", "400, or as of RFC 2543", 200, ""},
		{"4475 3.3.1", "insuf", "400", 400, ""},
		{"4475 3.3.2", "unkscm", "416", 416, ""},
		{"4475 3.3.3", "novelsc", "416", 416, ""},
		{"4475 3.3.4", "unksm2", "well-formed; no registrar here", 405, ""},
		{"4475 3.3.5", "bext01", "420 with Unsupported", 420, ""},
		{"4475 3.3.6", "invut", "415 with Accept", 415, ""},
		{"4475 3.3.7", "regaut01", "well-formed; no registrar here", 405, ""},
		{"4475 3.3.8", "multi01", "400", 400, ""},
		{"4475 3.3.9", "mcl01", "an error; close a stream", 400, "closed"},
		{"4475 3.3.10", "bcast", "discard", discarded, ""},
		{"4475 3.3.11", "zeromf", "an endpoint takes it as if it were positive", 200, ""},
		{"4475 3.3.12", "cparam01", "well-formed; no registrar here", 405, ""},
		{"4475 3.3.13", "cparam02", "well-formed; no registrar here", 405, ""},
		{"4475 3.3.14", "regescrt", "well-formed; no registrar here", 405, ""},
		{"4475 3.3.15", "sdp01", "406", 406, ""},
		{"4475 3.4.1", "inv2543", "accept", rings, "no length"},
		{"5118 4.1", "ipv6-good", "well-formed; no registrar here", 405, ""},
		{"5118 4.2", "ipv6-bad", "400", 400, ""},
		{"5118 4.3", "port-ambiguous", "well-formed: 5070 is of the address", 405, ""},
		{"5118 4.4", "port-unambiguous", "well-formed", 405, ""},
		{"5118 4.5", "via-received-param-with-delim", "accept; its dialog is unknown", 481, ""},
		{"5118 4.5", "via-received-param-no-delim", "accept", 200, ""},
		{"5118 4.6", "ipv6-in-sdp", "well-formed", rings, ""},
		{"5118 4.7", "mult-ip-in-header", "well-formed; its dialog is unknown", 481, ""},
		{"5118 4.8", "mult-ip-in-sdp", "well-formed", rings, ""},
		{"5118 4.9", "ipv4-mapped-ipv6", "well-formed", rings, ""},
		{"5118 4.10", "ipv6-bug-abnf-3-colons", "tolerate", 200, ""},
		{"5118 4.10", "ipv6-correct-abnf-2-colons", "well-formed", 200, ""},
	}
}

func (c torment) raw(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "torture", c.name+".dat"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// user is that of the Request-URI, for the account it shall reach.
func (c torment) user(t *testing.T) string {
	line, _, _ := strings.Cut(string(c.raw(t)), "\r\n")
	if m := regexp.MustCompile(`sip:([A-Za-z0-9%.]+)@`).FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return "user"
}

// TestTorture feeds every message to a phone as a datagram of its server, and those that a connection can carry over one.
func TestTorture(t *testing.T) {
	all, right := torments(), 0
	seen := map[string]bool{}
	var table strings.Builder
	for _, c := range all {
		seen[c.name+".dat"] = true
		ok := t.Run(c.name, func(t *testing.T) {
			if c.want == taken || c.want == discarded {
				c.respond(t)
				return
			}
			c.overUDP(t)
			t.Run("stream", c.overTCP)
		})
		verdict := map[int]string{rings: "rings", taken: "taken", discarded: "discarded"}[c.want]
		if verdict == "" {
			verdict = fmt.Sprint(c.want)
		}
		if ok {
			right++
		} else {
			verdict = "NOT " + verdict
		}
		fmt.Fprintf(&table, "RFC %-14s %-30s %-55s %s\n", c.section, c.name, c.asks, verdict)
	}
	t.Logf("\n%s%d messages, %d with the RFC's verdict", table.String(), len(all), right)
	files, err := os.ReadDir(filepath.Join("testdata", "torture"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".dat") && !seen[f.Name()] {
			t.Errorf("nobody tests %s", f.Name())
		}
	}
}

// torturer is a scripted server at an address of its own, where answers are sent that follow the Via to the standard port.
type torturer struct {
	*peer
	*phone
	at  netip.Addr
	far *far
}

func newTorturer(t *testing.T, user string) *torturer {
	t.Helper()
	sum := crc32.ChecksumIEEE([]byte(fmt.Sprint(t.Name(), os.Getpid())))
	at := netip.AddrFrom4([4]byte{127, 1 + byte(sum>>16)%250, byte(sum >> 8), 1 + byte(sum)%250})
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 5060)))
	if err != nil {
		t.Skipf("the whole of 127/8 is no loopback here: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	s := &torturer{peer: &peer{t: t, conn: conn, seen: map[string]bool{}}, at: at}
	s.phone = newPhone(t, nil)
	s.Do(call.UseAccounts{Accounts: []call.Account{{ID: "work", Address: "sip:" + user + "@" + at.String()}}})
	s.reply(s.request(sipmsg.REGISTER), 200, "reg", "Expires: 300")
	s.line(call.LineReady)
	s.far = &far{callID: "after", from: "<sip:2@example.com>;tag=far", to: "<sip:1001@example.com>", uri: fmt.Sprintf("sip:1001@%s", s.peer.from)}
	return s
}

// answers reads final responses until the one to the OPTIONS that ends a test.
func (s *torturer) answers() [][]byte {
	s.peer.t.Helper()
	s.send(s.far, "OPTIONS", "after")
	var out [][]byte
	buf := make([]byte, 65535)
	for {
		s.conn.SetReadDeadline(time.Now().Add(patience))
		n, err := s.conn.Read(buf)
		if err != nil {
			s.peer.t.Fatalf("the phone does not answer any more: %v", err)
		}
		switch b := bytes.Clone(buf[:n]); {
		case bytes.Contains(b, []byte("Call-ID: after\r\n")):
			return out
		case bytes.HasPrefix(b, []byte("SIP/2.0 ")) && b[8] > '1':
			out = append(out, b)
		}
	}
}

// overUDP listens also at the port of the Via, where the answer to a message goes that does not ask for the port it came from.
func (c torment) overUDP(t *testing.T) {
	s, raw := newTorturer(t, c.user(t)), c.raw(t)
	back := s.conn
	if m := regexp.MustCompile(`(?m)^Via: [^\r]*:(5050|6050|19823)[;\r]`).FindSubmatch(raw); m != nil {
		port := 0
		fmt.Sscan(string(m[1]), &port)
		var err error
		if back, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(s.at, uint16(port)))); err != nil {
			t.Fatal(err)
		}
		defer back.Close()
	}
	if _, err := s.conn.WriteToUDPAddrPort(raw, s.peer.from); err != nil {
		t.Fatal(err)
	}
	want := c.want
	if want == rings {
		in := next[call.Arrived](s.phone, "incoming call", nil)
		s.Do(call.End{ID: in.ID, Status: 486})
		want = 486
	}
	c.check(t, finalOf(t, back), want)
	for _, b := range s.answers() {
		if string(b[8:11]) != fmt.Sprint(want) { // the same again is a repetition
			t.Errorf("a second answer: %s", b)
		}
	}
}

// finalOf reads the next final response.
func finalOf(t *testing.T, conn *net.UDPConn) []byte {
	t.Helper()
	buf := make([]byte, 65535)
	for {
		conn.SetReadDeadline(time.Now().Add(patience))
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		if b := buf[:n]; bytes.HasPrefix(b, []byte("SIP/2.0 ")) && b[8] > '1' {
			return bytes.Clone(b)
		}
	}
}

// check compares a response with what was asked for: its status, and that it brings back what the sender knows its request by.
func (c torment) check(t *testing.T, res []byte, want int) {
	t.Helper()
	if string(res[8:11]) != fmt.Sprint(want) {
		t.Errorf("%s asks for %d, it got %s", c.name, want, res)
	}
	for name, value := range map[int]string{501: "Allow", 405: "Allow", 415: "Accept", 420: "Unsupported"} {
		if name == want && !bytes.Contains(res, []byte("\r\n"+value+": ")) {
			t.Errorf("a %d without %s", want, value)
		}
	}
	asked, got := identity(c.raw(t)), identity(res)
	if !slices.Equal(asked, got) {
		t.Errorf("the sender does not know its request again:\n%q\n%q", asked, got)
	}
}

// identity is what stands in both a request and its response: every Via, Call-ID and CSeq, without blanks, and without what may be
// added on the way (RFC 3261 §18.2.1).
func identity(raw []byte) []string {
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	head = regexp.MustCompile(`\r\n[ \t]+`).ReplaceAllString(head, " ")
	var out []string
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		value = regexp.MustCompile(`;(received|rport)(=[^;,]*)?`).ReplaceAllString(strings.ReplaceAll(value, " ", ""), "")
		name = strings.ToLower(strings.TrimSpace(name))
		if slices.ContainsFunc(out, func(s string) bool { return strings.HasPrefix(s, name+":") }) && name != "via" {
			continue // nobody knows which one counts
		}
		switch name {
		case "via", "v":
			for one := range strings.SplitSeq(value, ",") {
				one = regexp.MustCompile(`;branch=z9hG4bK[0-9a-f]{16}$`).ReplaceAllString(one, "")
				out = append(out, "via:"+strings.Replace(one, "]:5060", "]", 1)) // the default port
			}
		case "call-id", "i":
			out = append(out, "call-id:"+value)
		case "cseq":
			out = append(out, "cseq:"+strings.TrimLeft(value, "0"))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// overTCP sees that a message over a connection is judged the same, and that the connection goes on, where it can.
func (c torment) overTCP(t *testing.T) {
	if c.stream == "no length" {
		t.Skip("a message over a stream has a length (RFC 3261 §20.14)")
	}
	l, account := listenTCP(t)
	account.Address = strings.Replace(account.Address, "1001", c.user(t), 1)
	p := newPhone(t, nil)
	p.Do(call.UseAccounts{Accounts: []call.Account{account}})
	s := accept(t, l)
	s.ok(s.request(sipmsg.REGISTER))
	p.line(call.LineReady)
	s.conn.Write(c.raw(t))
	switch c.stream {
	case "closed":
		if _, err := io.Copy(io.Discard, s.r); err != nil {
			t.Fatalf("the connection goes on: %v", err)
		}
		again := accept(t, l)
		again.ok(again.request(sipmsg.REGISTER))
		return
	case "waits":
		s.conn.Close()
		again := accept(t, l)
		again.ok(again.request(sipmsg.REGISTER))
		return
	}
	want := c.want
	if want == rings {
		in := next[call.Arrived](p, "incoming call", nil)
		p.Do(call.End{ID: in.ID, Status: 486})
		want = 486
	}
	res := s.final()
	for c.name == "dblreq" && !bytes.Contains(res, []byte("REGISTER")) { // the INVITE after it is a true one here
		res = s.final()
	}
	c.check(t, res, want)
	fmt.Fprintf(s.conn, "OPTIONS sip:1001@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bKafter\r\nFrom: <sip:2@example.com>;tag=far\r\n"+
		"To: <sip:1001@example.com>\r\nCall-ID: after\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	for !bytes.Contains(s.final(), []byte("Call-ID: after\r\n")) {
	}
}

// final reads the next final response of a connection.
func (s *tcpPeer) final() []byte {
	s.t.Helper()
	for {
		var head []byte
		for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
			line, err := s.r.ReadBytes('\n')
			if err != nil {
				s.t.Fatal(err)
			}
			if head = append(head, line...); string(head) == "\r\n" {
				head = nil
			}
		}
		var length int
		if m := regexp.MustCompile(`Content-Length: (\d+)`).FindSubmatch(head); m != nil {
			fmt.Sscan(string(m[1]), &length)
		}
		io.CopyN(io.Discard, s.r, int64(length))
		if bytes.HasPrefix(head, []byte("SIP/2.0 ")) && head[8] > '1' {
			return head
		}
	}
}

// respond answers an INVITE of ours with a response of the RFC, which gets the INVITE's Via, Call-ID and method, so that it is judged by
// what is odd about it.
func (c torment) respond(t *testing.T) {
	s := newTorturer(t, "1001")
	s.Do(call.Invite{ID: "c1", Account: "work", Target: "+12025550142", SDP: []byte("v=0\r\n")})
	inv := s.request(sipmsg.INVITE)
	text := string(c.raw(t))
	text = regexp.MustCompile(`(?m)^Via: .*\r$`).ReplaceAllStringFunc(text, func(line string) string {
		if strings.Contains(line, "255.255.255.255") {
			return line
		}
		return "Via: " + inv.Via().Value() + "\r"
	})
	text = regexp.MustCompile(`(?m)^Call-ID: .*\r$`).ReplaceAllString(text, "Call-ID: "+inv.CallID().Value()+"\r")
	text = regexp.MustCompile(`(?m)^CSeq: \d{1,6} .*\r$`).ReplaceAllString(text, "CSeq: "+inv.CSeq().Value()+"\r")
	text = regexp.MustCompile(`(?m)^(CSeq: \d+) OPTIONS\r$`).ReplaceAllString(text, "$1 INVITE\r")
	s.write(text)
	switch {
	case c.want == taken && strings.HasPrefix(text, "SIP/2.0 200"):
		if e := event[call.RemoteAnswered](s.phone, "c1"); !bytes.HasPrefix(e.SDP, []byte("v=0")) {
			t.Errorf("answered with %q", e.SDP)
		}
		s.request(sipmsg.ACK)
	case c.want == taken:
		s.answers()
		s.Do(call.End{ID: "c1"})
		s.request(sipmsg.CANCEL) // which waits for a provisional response
	default:
		s.answers()
		s.Do(call.End{ID: "c1"})
		s.reply(inv, 180, "far") // the INVITE goes on, and this is the first response it sees
		s.request(sipmsg.CANCEL)
	}
}
