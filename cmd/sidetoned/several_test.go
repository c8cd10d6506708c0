//go:build linux

package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/health"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// tones are what the three phones of a test say, in Hz.
func tones() map[string]float64 { return map[string]float64{"1001": 440, "1002": 620, "1003": 930} }

// colleague is the phone of a user at kamailio, ready, that says the user's tone.
func colleague(t *testing.T, k *peers.Kamailio, user, extra string) *peers.Phone {
	t.Helper()
	d := newPhone(t, t.TempDir(), "secret-"+user)
	d.Configure(user+"@"+k.Addr, extra)
	d.Launch("--audio-in", fmt.Sprintf("tone:%.0f", tones()[user]))
	d.Ready()
	return d
}

// call lets one phone call a user, whose phone answers.
func callTo(t *testing.T, from, to *peers.Phone, user string) {
	t.Helper()
	from.Do(phone.Command{Do: phone.Dial, Number: user})
	to.Call("rings", func(c call.Call) bool { return c.Phase == call.Offered })
	to.Do(phone.Command{Do: phone.Answer})
	to.Call("talks", func(c call.Call) bool { return c.Phase == call.Active })
	from.Call("talks", func(c call.Call) bool { return c.Phase == call.Active })
}

// hearsBoth waits until two tones make up what a phone plays.
func hearsBoth(t *testing.T, d *peers.Phone, a, b float64) {
	t.Helper()
	both := func(pcm []int16) bool {
		x, y := peers.ToneShare(pcm, peers.Rate, a), peers.ToneShare(pcm, peers.Rate, b)
		return x > 0.3 && y > 0.3 && x+y > 0.9
	}
	if pcm := d.Second(both); !both(pcm) {
		t.Errorf("it hears %.2f of %v Hz and %.2f of %v Hz", peers.ToneShare(pcm, peers.Rate, a), a, peers.ToneShare(pcm, peers.Rate, b), b)
	}
}

// TestThreePhones: a call waits, is swapped, joined to the other, and passed on; all through kamailio, heard by everybody.
func TestThreePhones(t *testing.T) {
	k := peers.StartKamailio(t)
	agent := colleague(t, k, "1001", k.Over("tcp"))
	customer := colleague(t, k, "1002", "")
	third := colleague(t, k, "1003", k.Over("tls"))
	callTo(t, customer, agent, "1001")
	agent.Hears(tones()["1002"])
	agent.Do(phone.Command{Do: phone.Consult, Number: "1003", Origin: "ctl"})
	third.Call("rings", func(c call.Call) bool { return c.Phase == call.Offered })
	customer.Call("is held", func(c call.Call) bool { return c.RemoteHeld })
	third.Do(phone.Command{Do: phone.Answer})
	third.Hears(tones()["1001"])
	agent.Hears(tones()["1003"])
	customer.HearsNothing()

	agent.Do(phone.Command{Do: phone.Swap})
	third.Call("is held", func(c call.Call) bool { return c.RemoteHeld })
	agent.Hears(tones()["1002"])
	third.HearsNothing()

	agent.Do(phone.Command{Do: phone.JoinAll})
	hearsBoth(t, agent, tones()["1002"], tones()["1003"])
	hearsBoth(t, customer, tones()["1001"], tones()["1003"])
	hearsBoth(t, third, tones()["1001"], tones()["1002"])

	agent.Do(phone.Command{Do: phone.Swap, Call: agent.Now().Calls[1].ID})
	agent.Do(phone.Command{Do: phone.Split})
	agent.Do(phone.Command{Do: phone.Complete, Origin: "ctl"})
	if s := agent.Idle(); s.Last.Reason.Cause != call.Transferred {
		t.Errorf("%+v", s.Last)
	}
	customer.Hears(tones()["1003"])
	third.Hears(tones()["1002"])
	if c := third.Now().Calls; len(c) != 1 || c[0].Remote.Number != "1002" {
		t.Errorf("%+v", c)
	}
	customer.Do(phone.Command{Do: phone.Hangup})
	third.Idle()
	for _, d := range []*peers.Phone{agent, customer, third} {
		d.Stop()
	}
}

// TestFarPhoneIsKilled in a call, without a word: the agent hears of it after 20 seconds, and the call ends once the far end does not
// answer any more.
func TestFarPhoneIsKilled(t *testing.T) {
	k := peers.StartKamailio(t)
	agent, far := colleague(t, k, "1001", ""), colleague(t, k, "1002", k.Over("tcp"))
	callTo(t, agent, far, "1002")
	agent.Hears(tones()["1002"])
	if err := far.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	silent := func(s phone.Snapshot) bool {
		return slices.ContainsFunc(s.Warnings, func(w health.Warning) bool { return w.Code == health.Unheard })
	}
	if s, err := agent.Look(40*time.Second, silent); err != nil || len(s.Calls) != 1 {
		t.Fatalf("no warning: %v, %+v", err, s.Calls)
	}
	s, err := agent.Look(2*time.Minute, func(s phone.Snapshot) bool { return len(s.Calls) == 0 })
	if err != nil || s.Last.Reason.Cause != call.Lost || silent(s) {
		t.Errorf("%v, %+v, %+v", err, s.Last, s.Warnings)
	}
	agent.Stop()
}

// TestTakenBackThroughKamailio: who is taken back while it rings where they were passed on to talks to the agent again, and it rings no
// more. Where it is answered meanwhile, one of the two calls ends: nobody keeps both.
func TestTakenBackThroughKamailio(t *testing.T) {
	k := peers.StartKamailio(t)
	agent, customer, third := colleague(t, k, "1001", ""), colleague(t, k, "1002", ""), colleague(t, k, "1003", "")
	callTo(t, agent, customer, "1002")
	passOn := func() {
		agent.Do(phone.Command{Do: phone.Transfer, Number: "1003", Origin: "ctl"})
		customer.Until("asked", func(s phone.Snapshot) bool { return s.Asking != nil })
		customer.Do(phone.Command{Do: phone.Confirm, Origin: "ctl"})
		third.Call("rings", func(c call.Call) bool { return c.Phase == call.Offered })
		agent.Call("rings there", func(c call.Call) bool { return c.Transfer.State == call.TransferRinging })
	}
	passOn()
	agent.Do(phone.Command{Do: phone.TakeBack, Origin: "ctl"})
	third.Idle()
	customer.Call("is back", func(c call.Call) bool { return c.Phase == call.Active && !c.Held && !c.RemoteHeld })
	if s := customer.Now(); len(s.Calls) != 1 || s.Last == nil || s.Last.Reason.Cause != call.TakenBack {
		t.Errorf("%+v %+v", s.Calls, s.Last)
	}
	agent.Hears(tones()["1002"])
	customer.Hears(tones()["1001"])

	passOn()
	third.Do(phone.Command{Do: phone.Answer})
	takeBack(t, agent)
	s := customer.Until("one call", func(s phone.Snapshot) bool { return len(s.Calls) == 1 && s.Calls[0].Phase == call.Active })
	if s.Calls[0].For == "" { // the word was there before the answer
		third.Idle()
		customer.Hears(tones()["1001"])
	} else {
		if s := agent.Idle(); s.Last.Reason.Cause != call.Transferred {
			t.Errorf("%+v", s.Last)
		}
		customer.Hears(tones()["1003"])
	}
	for _, d := range []*peers.Phone{agent, customer, third} {
		d.Stop()
	}
}

// takeBack takes a call back that may have arrived already.
func takeBack(t *testing.T, d *peers.Phone) {
	t.Helper()
	c, err := control.Dial(t.Context(), d.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Ask(control.Request{Command: phone.Command{Do: phone.TakeBack, Origin: "ctl"}}); err != nil {
		t.Logf("too late: %v", err)
	}
}

// TestBlindTransferThroughKamailio: what fails gives the call back, with sound; what succeeds takes the agent out of it.
func TestBlindTransferThroughKamailio(t *testing.T) {
	k := peers.StartKamailio(t)
	agent := colleague(t, k, "1001", "")
	customer := colleague(t, k, "1002", "")
	third := colleague(t, k, "1003", "")
	callTo(t, customer, agent, "1001")
	third.Do(phone.Command{Do: phone.SetQuiet, Mode: "on", Origin: "ctl"})
	agent.Do(phone.Command{Do: phone.Transfer, Number: "1003", Origin: "ctl"})
	customer.Until("asked", func(s phone.Snapshot) bool { return s.Asking != nil })
	customer.Do(phone.Command{Do: phone.Confirm, Origin: "ctl"})
	agent.Call("is back", func(c call.Call) bool { return c.Transfer.State == call.TransferBack && !c.Held })
	agent.Hears(tones()["1002"])
	customer.Hears(tones()["1001"])

	third.Do(phone.Command{Do: phone.SetQuiet, Mode: "off", Origin: "ctl"})
	agent.Do(phone.Command{Do: phone.Transfer, Number: "1003", Origin: "ctl"})
	customer.Until("asked", func(s phone.Snapshot) bool { return s.Asking != nil })
	agent.Do(phone.Command{Do: phone.TakeBack, Origin: "ctl"})
	agent.Call("is taken back", func(c call.Call) bool { return c.Transfer.State == call.TransferTaken && !c.Held })
	agent.Hears(tones()["1002"])
	customer.Until("asked no more", func(s phone.Snapshot) bool { return s.Asking == nil })

	agent.Do(phone.Command{Do: phone.Transfer, Number: "1003", Origin: "ctl"})
	customer.Until("asked", func(s phone.Snapshot) bool { return s.Asking != nil })
	customer.Do(phone.Command{Do: phone.Confirm, Origin: "ctl"})
	third.Call("rings", func(c call.Call) bool { return c.Phase == call.Offered })
	agent.Call("rings there", func(c call.Call) bool { return c.Transfer.State == call.TransferRinging })
	third.Do(phone.Command{Do: phone.Answer})
	if s := agent.Idle(); s.Last.Reason.Cause != call.Transferred {
		t.Errorf("%+v", s.Last)
	}
	customer.Hears(tones()["1003"])
	third.Hears(tones()["1002"])
	for _, d := range []*peers.Phone{agent, customer, third} {
		d.Stop()
	}
}
