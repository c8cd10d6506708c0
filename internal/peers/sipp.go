package peers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Sipp is a scenario that runs, and the port of this machine it listens at.
type Sipp struct {
	*Program
	dir string
}

// Testers lets everybody whose name begins with 2 call without a password, and sends calls to them to a port of this machine.
func Testers(port int) With {
	return func(k *Kamailio) { k.define("TESTER", fmt.Sprintf("%s:%d", k.IP, port)) }
}

// LosesACKs has the first two ACKs to a tester go missing.
func LosesACKs(k *Kamailio) { k.define("LOSS", "") }

// StartSipp runs a scenario for one call. With a number it calls that through kamailio; without it waits for a call at the port.
// It sends back what it hears, or a tone of SippTone where the scenario plays the file TONE.
func StartSipp(t T, k *Kamailio, port int, scenario, number string) *Sipp {
	t.Helper()
	return StartSippCalls(t, k, port, scenario, number, 1)
}

// StartSippCalls is StartSipp for several calls, one after another.
func StartSippCalls(t T, k *Kamailio, port int, scenario, number string, calls int) *Sipp {
	t.Helper()
	dir := t.TempDir()
	scenario = strings.ReplaceAll(written(scenario), "SERVER", k.Addr)
	write(t, dir, map[string]string{"scenario.xml": scenario, "tone.ulaw": string(ulaw(toneWAV(SippTone, 8000, 20*time.Second)[44:]))})
	args := []string{"-sf", "scenario.xml", "-m", fmt.Sprint(calls), "-l", "1", "-nostdin", "-i", k.IP, "-mi", k.IP, "-p", fmt.Sprint(port), "-mp", fmt.Sprint(freePorts(t, 20)),
		"-timeout", "100s", "-timeout_error", "-trace_err", "-error_file", "errors", "-cp", fmt.Sprint(FreePort(t))}
	if !strings.Contains(scenario, "rtp_stream") { // what it hears goes back, unless it has something to say itself
		args = append(args, "-rtp_echo")
	}
	if number != "" {
		args = append(args, "-s", number, k.Addr)
	}
	cmd := exec.Command(Installed(t, "sipp"), args...)
	cmd.Dir = dir
	s := &Sipp{Program: start(t, cmd), dir: dir}
	if number == "" {
		s.Asked("listening", func() bool { return s.Gone() || bound(fmt.Sprintf("%s:%d", k.IP, port)) })
	}
	return s
}

// written writes out a scenario's short forms: REPLY are the headers of a response to a call, WITHIN those of one to a request inside
// it, MOVED those of a redirection, ANSWER those of a late response to a call whose headers were kept, REQUEST those of a request inside it, SOUND is the
// description, TONE the file with the tone. SERVER is kamailio.
func written(scenario string) string {
	const (
		within = "[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n[last_Record-Route:]\nContact: <sip:2000@[local_ip]:[local_port]>"
		moved  = "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]-[call_number]\n[last_Call-ID:]\n[last_CSeq:]"
		answer = "Via: [$via1]\nVia: [$via2]\nFrom: [$from]\nTo: [$to];tag=[pid]-[call_number]\nCall-ID: [call_id]\nCSeq: [$cseq]\nRecord-Route: [$rr]\n" +
			"Contact: <sip:2000@[local_ip]:[local_port]>"
		request = "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]\nFrom: <sip:2000@[local_ip]>;tag=[pid]-[call_number]\n[last_To:]\n" +
			"Call-ID: [call_id]\n[routes]\nMax-Forwards: 70\nContact: <sip:2000@[local_ip]:[local_port]>"
		sound = "v=0\no=tester 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=audio [media_port] RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\n" +
			"a=rtpmap:101 telephone-event/8000\na=ptime:20"
	)
	return strings.NewReplacer("REPLY", strings.Replace(within, "[last_To:]", "[last_To:];tag=[pid]-[call_number]", 1), "WITHIN", within, "MOVED", moved, "ANSWER", answer,
		"REQUEST", request, "SOUND", sound,
		"TONE", "tone.ulaw").Replace(scenario) // a path could have a comma, which ends it
}

// SippTone is what a scenario plays, in Hz.
const SippTone = 1250

// bound reports whether somebody has a UDP port.
func bound(at string) bool {
	c, err := net.ListenPacket("udp", at)
	if err == nil {
		c.Close()
	}
	return err != nil
}

// Well waits for the end of the scenario and fails unless all of it happened.
func (s *Sipp) Well() {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(2 * time.Minute):
		s.t.Fatal("the sipp scenario never ended")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		why, _ := os.ReadFile(filepath.Join(s.dir, "errors"))
		s.t.Fatalf("sipp ended with %d: %s", code, firstLine(string(why)))
	}
}

func firstLine(s string) string {
	s = regexp.MustCompile(`(?m)^\S+ \S+ +\S+: `).ReplaceAllString(s, "") // the time
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "The following events") {
			return strings.TrimSpace(line)
		}
	}
	return "it does not say why"
}

// ulaw packs 16-bit sound (G.711 µ-law).
func ulaw(pcm []byte) []byte {
	out := make([]byte, len(pcm)/2)
	for i := range out {
		v, sign := int(int16(uint16(pcm[2*i])|uint16(pcm[2*i+1])<<8)), byte(0)
		if v < 0 {
			v, sign = -v, 0x80
		}
		v = min(v, 32635) + 132
		exp := 7
		for mask := 0x4000; exp > 0 && v&mask == 0; mask >>= 1 {
			exp--
		}
		out[i] = ^(sign | byte(exp<<4) | byte(v>>(exp+3)&0x0f))
	}
	return out
}

// Run runs a program to its end, for half a minute at most, and returns its words and whether it ended well.
func Run(t T, name string, args ...string) (said string, well bool) {
	t.Helper()
	p := Start(t, name, args...)
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatalf("%s never ended:\n%s", name, p.Said())
	}
	return p.Said(), p.cmd.ProcessState.ExitCode() == 0
}

func soon() time.Time { return time.Now().Add(2 * time.Second) }
