//go:build linux

package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/phone"
)

// These tests put the phone among programs that are not ours: kamailio is the server, baresip the far end.

func startAt(t *testing.T, server, extra string) *daemon {
	t.Helper()
	return startWith(t, "secret-1001", server, extra)
}

func startAtKamailio(t *testing.T, k *kamailio, extra string) *daemon {
	t.Helper()
	d := startAt(t, k.addr, extra)
	d.ready()
	return d
}

// over is what the settings say of an account that uses a transport.
func (k *kamailio) over(transport string) string {
	text := fmt.Sprintf("transport = %q\n", transport)
	switch transport {
	case "tls":
		text += fmt.Sprintf("server = %q\n[sip]\ntls_ca = %q\n", k.safe, k.ca)
	case "wss":
		text += fmt.Sprintf("server = \"wss://%s/sip\"\n[sip]\ntls_ca = %q\n", k.safe, k.ca)
	}
	return text
}

// second waits for whole seconds of new sound until ok likes one, and returns the last. One second of a machine that had no
// time for its sound proves nothing; ten do.
func second(t *testing.T, rate int, heard func() []int16, ok func([]int16) bool) (pcm []int16) {
	t.Helper()
	from := len(heard())
	late := time.Now().Add(30 * time.Second)
	for n := 1; n <= 10; n++ {
		for ; len(pcm) < n*rate; time.Sleep(50 * time.Millisecond) { // a growing file can only be asked
			if pcm = heard()[from:]; time.Now().After(late) {
				t.Fatalf("only %d samples came in", len(pcm))
			}
		}
		if last := pcm[(n-1)*rate : n*rate]; ok(last) {
			t.Logf("in second %d", n)
			return last
		}
	}
	return pcm[9*rate : 10*rate]
}

func (d *daemon) second(t *testing.T, ok func([]int16) bool) []int16 {
	t.Helper()
	return second(t, audio.Rate, func() []int16 { return growingWAV(t, d.heard()) }, ok)
}

func (d *daemon) hears(t *testing.T, hz float64) {
	t.Helper()
	pcm := d.second(t, func(pcm []int16) bool { return tone(pcm, audio.Rate, hz) >= 0.9 })
	judge(t, "sidetoned", tone(pcm, audio.Rate, hz), hz)
}

func (b *baresip) hears(t *testing.T, hz float64) {
	t.Helper()
	pcm := second(t, 8000, b.heard, func(pcm []int16) bool { return tone(pcm, 8000, hz) >= 0.9 })
	judge(t, "baresip", tone(pcm, 8000, hz), hz)
}

func judge(t *testing.T, whose string, got, hz float64) {
	t.Helper()
	t.Logf("%s heard %.3f of %v Hz", whose, got, hz)
	if got < 0.9 {
		t.Errorf("%s heard %.2f of %v Hz", whose, got, hz)
	}
}

func TestKamailioRegistersUs(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls", "wss"} {
		t.Run(transport, func(t *testing.T) {
			k := startKamailio(t)
			if k.registered("1001") {
				t.Fatal("registered before the start")
			}
			d := startAtKamailio(t, k, k.over(transport))
			if res := k.reach("1001"); !strings.HasPrefix(res, "SIP/2.0 200 ") || !strings.Contains(res, "INVITE") {
				t.Errorf("OPTIONS through kamailio got %s", res)
			}
			d.traced(t, transport)
			d.stop()
			if k.registered("1001") {
				t.Error("the program left its registration behind")
			}
			if asked, challenged := k.seen("seen REGISTER of 1001 over "+transport), k.seen("challenged REGISTER of 1001"); asked < 3 || challenged < 1 {
				t.Errorf("%d REGISTER over %s, %d challenged", asked, transport, challenged)
			}
		})
	}
}

// traced looks at what the phone kept of its registration: the messages as they were, without what proves the password.
func (d *daemon) traced(t *testing.T, transport string) {
	t.Helper()
	c, hidden := d.client(), 0
	for r, err := c.Ask(control.Request{Command: phone.Command{Do: control.Trace}}); ; r, err = c.Next() {
		if err != nil {
			t.Fatal(err)
		}
		m := r.Message
		if m == nil {
			break
		}
		if m.Transport != transport || !m.Local.Addr().IsLoopback() || m.CallID == "" || strings.Contains(m.Text, "response=") {
			t.Errorf("%+v", m)
		}
		if m.Sent && strings.Contains(m.Text, "Authorization: Digest (hidden)") {
			hidden++
		}
	}
	if hidden == 0 {
		t.Error("no REGISTER with a proof was traced")
	}
}

func TestKamailioRefusesAWrongPasswordOnce(t *testing.T) {
	k := startKamailio(t)
	d := startWith(t, "wrong", k.addr, "")
	s := d.until("refused", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineRefused
	})
	if s.Accounts[0].Line.Detail == "" || !s.Accounts[0].Line.Retry.IsZero() || len(s.Warnings) != 1 {
		t.Errorf("%+v %+v", s.Accounts[0].Line, s.Warnings)
	}
	d.stop()
	if n := k.seen("challenged REGISTER of 1001"); n != 2 {
		t.Errorf("kamailio was asked %d times, want once without and once with the password", n)
	}
	if k.registered("1001") {
		t.Error("kamailio took a wrong password")
	}
}

func TestCallToBaresip(t *testing.T) {
	for _, transport := range []string{"udp", "tls"} {
		t.Run(transport, func(t *testing.T) { callToBaresip(t, transport) })
	}
}

func callToBaresip(t *testing.T, transport string) {
	installed(t, "baresip")
	k := startKamailio(t)
	b := startBaresip(t, k, "auto")
	d := startAtKamailio(t, k, k.over(transport))
	d.do(phone.Command{Do: phone.Dial, Number: "1002"})
	d.phase(call.Active)
	b.event("CALL_ESTABLISHED")
	b.hears(t, 440)
	d.hears(t, baresipTone)
	d.do(phone.Command{Do: phone.Digits, Digits: "42#"})
	for _, want := range "42#" {
		if e := b.event("CALL_DTMF_START"); e.Param != string(want) {
			t.Errorf("baresip got the digit %q, want %q", e.Param, want)
		}
	}
	holdAndResume(t, k, d)
	d.hears(t, baresipTone)
	// Once it was held, baresip 1.0 no longer dumps what it hears. It plays it still: let its loudspeaker be its microphone,
	// and we hear ourselves. For that the two have one name and one form.
	b.do("ausrc", "aubridge,700")
	b.await("the new microphone", func(e baresipEvent) bool { return e.Response })
	d.hears(t, 440)
	d.do(phone.Command{Do: phone.Hangup})
	b.event("CALL_CLOSED")
	if s := d.idle(); s.Last.Reason.Cause != call.Completed {
		t.Errorf("%+v", s.Last)
	}
	d.stop()
}

// holdAndResume changes the call by two re-INVITEs through kamailio.
func holdAndResume(t *testing.T, k *kamailio, d *daemon) {
	t.Helper()
	before := k.seen("seen INVITE of 1001")
	d.do(phone.Command{Do: phone.Hold})
	d.until("held", func(s phone.Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].Held && s.Calls[0].Pending == call.Settled
	})
	quiet := func(pcm []int16) bool { return power(pcm)/float64(len(pcm)) < 1 }
	if held := d.second(t, quiet); !quiet(held) {
		t.Errorf("sound came in while baresip was held, power %.0f", power(held)/float64(len(held)))
	}
	d.do(phone.Command{Do: phone.Resume})
	d.until("resumed", func(s phone.Snapshot) bool {
		return len(s.Calls) == 1 && !s.Calls[0].Held && s.Calls[0].Pending == call.Settled
	})
	if n := k.seen("seen INVITE of 1001") - before; n != 2 {
		t.Errorf("%d INVITE went through kamailio for hold and resume", n)
	}
}

func TestCallFromBaresip(t *testing.T) {
	installed(t, "baresip")
	k := startKamailio(t)
	b := startBaresip(t, k, "manual")
	d := startAtKamailio(t, k, k.over("wss")) // baresip is on UDP: kamailio routes itself in twice
	b.do("dial", "sip:1001@"+k.addr)
	if s := d.phase(call.Offered); s.Calls[0].Direction != call.Incoming || s.Calls[0].Remote.Number != "1002" {
		t.Errorf("%+v", s.Calls[0])
	}
	b.event("CALL_RINGING")
	d.do(phone.Command{Do: phone.Answer})
	d.phase(call.Active)
	b.event("CALL_ESTABLISHED")
	b.hears(t, 440)
	d.hears(t, baresipTone)
	b.do("sndcode", "7")
	d.until("told the digit", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Received == "7" })
	b.do("hold", "")
	d.until("held by baresip", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].RemoteHeld })
	b.do("resume", "")
	d.until("resumed by baresip", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && !s.Calls[0].RemoteHeld })
	d.hears(t, baresipTone)
	b.do("hangup", "")
	if s := d.idle(); s.Last.Reason.Cause != call.RemoteHangup {
		t.Errorf("%+v", s.Last)
	}
	r, err := d.client().Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil || len(r.Records) != 1 || r.Records[0].Call.Direction != call.Incoming ||
		r.Records[0].Call.AnsweredAt.IsZero() || r.Records[0].Call.Remote.Number != "1002" {
		t.Errorf("%+v %v", r.Records, err)
	}
	b.event("CALL_CLOSED")
	d.stop()
	b.do("dial", "sip:1001@"+k.addr)
	if e := b.event("CALL_CLOSED"); !strings.Contains(e.Param, "404") {
		t.Errorf("a call to the phone that un-registered ended with %q", e.Param)
	}
}
