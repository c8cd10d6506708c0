//go:build linux

package main

import (
	"strings"
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// These tests put the phone among programs that are not ours: kamailio is the server, baresip the far end.

func startAt(t *testing.T, server, extra string) *peers.Phone {
	t.Helper()
	return startWith(t, "secret-1001", server, extra)
}

func startAtKamailio(t *testing.T, k *peers.Kamailio, extra string) *peers.Phone {
	t.Helper()
	d := startAt(t, k.Addr, extra)
	d.Ready()
	return d
}

func TestKamailioRegistersUs(t *testing.T) {
	for _, transport := range []string{"udp", "tcp", "tls", "wss"} {
		t.Run(transport, func(t *testing.T) {
			k := peers.StartKamailio(t)
			if k.Registered("1001") {
				t.Fatal("registered before the start")
			}
			d := startAtKamailio(t, k, k.Over(transport))
			if res := k.Reach("1001"); !strings.HasPrefix(res, "SIP/2.0 200 ") || !strings.Contains(res, "INVITE") {
				t.Errorf("OPTIONS through kamailio got %s", res)
			}
			traced(t, d, transport)
			d.Stop()
			if k.Registered("1001") {
				t.Error("the program left its registration behind")
			}
			if asked, challenged := k.Seen("seen REGISTER of 1001 over "+transport), k.Seen("challenged REGISTER of 1001"); asked < 3 || challenged < 1 {
				t.Errorf("%d REGISTER over %s, %d challenged", asked, transport, challenged)
			}
		})
	}
}

// traced looks at what the phone kept of its registration: the messages as they were, without what proves the password.
func traced(t *testing.T, d *peers.Phone, transport string) {
	t.Helper()
	c, hidden := d.Client(), 0
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
	k := peers.StartKamailio(t)
	d := startWith(t, "wrong", k.Addr, "")
	s := d.Until("refused", func(s phone.Snapshot) bool {
		return len(s.Accounts) == 1 && s.Accounts[0].Line.State == call.LineRefused
	})
	if s.Accounts[0].Line.Detail == "" || !s.Accounts[0].Line.Retry.IsZero() || len(s.Warnings) != 1 {
		t.Errorf("%+v %+v", s.Accounts[0].Line, s.Warnings)
	}
	d.Stop()
	if n := k.Seen("challenged REGISTER of 1001"); n != 2 {
		t.Errorf("kamailio was asked %d times, want once without and once with the password", n)
	}
	if k.Registered("1001") {
		t.Error("kamailio took a wrong password")
	}
}

func TestCallToBaresip(t *testing.T) {
	for _, transport := range []string{"udp", "tls"} {
		t.Run(transport, func(t *testing.T) { callToBaresip(t, transport) })
	}
}

func callToBaresip(t *testing.T, transport string) {
	peers.Installed(t, "baresip")
	k := peers.StartKamailio(t)
	b := peers.StartBaresip(t, k, peers.BaresipOptions{})
	d := startAtKamailio(t, k, k.Over(transport))
	d.Do(phone.Command{Do: phone.Dial, Number: "1002"})
	d.Phase(call.Active)
	b.Event("CALL_ESTABLISHED")
	b.Hears(440)
	d.Hears(peers.BaresipTone)
	d.Do(phone.Command{Do: phone.Digits, Digits: "42#"})
	for _, want := range "42#" {
		if e := b.Event("CALL_DTMF_START"); e.Param != string(want) {
			t.Errorf("baresip got the digit %q, want %q", e.Param, want)
		}
	}
	holdAndResume(t, k, d)
	d.Hears(peers.BaresipTone)
	// Once it was held, baresip 1.0 no longer dumps what it hears. It plays it still: let its loudspeaker be its microphone,
	// and we hear ourselves. For that the two have one name and one form.
	b.Do("ausrc", "aubridge,700")
	b.Await("the new microphone", func(e peers.BaresipEvent) bool { return e.Response })
	d.Hears(440)
	d.Do(phone.Command{Do: phone.Hangup})
	b.Event("CALL_CLOSED")
	if s := d.Idle(); s.Last.Reason.Cause != call.Completed {
		t.Errorf("%+v", s.Last)
	}
	d.Stop()
}

// holdAndResume changes the call by two re-INVITEs through kamailio.
func holdAndResume(t *testing.T, k *peers.Kamailio, d *peers.Phone) {
	t.Helper()
	before := k.Seen("seen INVITE of 1001")
	d.Do(phone.Command{Do: phone.Hold})
	d.Until("held", func(s phone.Snapshot) bool {
		return len(s.Calls) == 1 && s.Calls[0].Held && s.Calls[0].Pending == call.Settled
	})
	d.HearsNothing()
	d.Do(phone.Command{Do: phone.Resume})
	d.Until("resumed", func(s phone.Snapshot) bool {
		return len(s.Calls) == 1 && !s.Calls[0].Held && s.Calls[0].Pending == call.Settled
	})
	if n := k.Seen("seen INVITE of 1001") - before; n != 2 {
		t.Errorf("%d INVITE went through kamailio for hold and resume", n)
	}
}

func TestCallFromBaresip(t *testing.T) {
	peers.Installed(t, "baresip")
	k := peers.StartKamailio(t)
	b := peers.StartBaresip(t, k, peers.BaresipOptions{Manual: true})
	d := startAtKamailio(t, k, k.Over("wss")) // baresip is on UDP: kamailio routes itself in twice
	b.Do("dial", "sip:1001@"+k.Addr)
	if s := d.Phase(call.Offered); s.Calls[0].Direction != call.Incoming || s.Calls[0].Remote.Number != "1002" {
		t.Errorf("%+v", s.Calls[0])
	}
	b.Event("CALL_RINGING")
	d.Do(phone.Command{Do: phone.Answer})
	d.Phase(call.Active)
	b.Event("CALL_ESTABLISHED")
	b.Hears(440)
	d.Hears(peers.BaresipTone)
	b.Do("sndcode", "7")
	d.Until("told the digit", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Received == "7" })
	b.Do("hold", "")
	d.Until("held by baresip", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].RemoteHeld })
	b.Do("resume", "")
	d.Until("resumed by baresip", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && !s.Calls[0].RemoteHeld })
	d.Hears(peers.BaresipTone)
	b.Do("hangup", "")
	if s := d.Idle(); s.Last.Reason.Cause != call.RemoteHangup {
		t.Errorf("%+v", s.Last)
	}
	r, err := d.Client().Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil || len(r.Records) != 1 || r.Records[0].Call.Direction != call.Incoming ||
		r.Records[0].Call.AnsweredAt.IsZero() || r.Records[0].Call.Remote.Number != "1002" {
		t.Errorf("%+v %v", r.Records, err)
	}
	b.Event("CALL_CLOSED")
	d.Stop()
	b.Do("dial", "sip:1001@"+k.Addr)
	if e := b.Event("CALL_CLOSED"); !strings.Contains(e.Param, "404") {
		t.Errorf("a call to the phone that un-registered ended with %q", e.Param)
	}
}
