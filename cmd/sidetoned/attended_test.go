//go:build linux

package main

import (
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/exchange"
	"sidetone/internal/pbx"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// consults lets the agent ask at 9101 while the customer waits, and pass the customer on there. It returns the lab's end of the question.
func consults(t *testing.T, server *pbx.Server, agent *peers.Phone) *pbx.Leg {
	t.Helper()
	nth := len(server.Legs())
	agent.Do(phone.Command{Do: phone.Consult, Number: "9101", Origin: "ctl"})
	agent.Until("asks", func(s phone.Snapshot) bool { return len(s.Calls) == 2 && s.Calls[1].Phase == call.Active })
	leg, err := server.WaitLeg(soon(t), nth)
	if err != nil {
		t.Fatal(err)
	}
	agent.Do(phone.Command{Do: phone.Complete, Origin: "ctl"})
	if s := agent.Idle(); s.Last.Reason.Cause != call.Transferred {
		t.Errorf("%+v", s.Last)
	}
	if err := leg.Wait(soon(t), pbx.Over); err != nil {
		t.Error(err)
	}
	return leg
}

// TestAttendedTransferOfAPhone: the customer's phone takes the place of the agent's question at one of the lab's numbers, and hears it.
func TestAttendedTransferOfAPhone(t *testing.T) {
	server := exchange.StartWith(t, pbx.Config{Users: map[string]string{"1001": "secret", "1002": "secret"}})
	agent := startDaemon(t, server.Addr().String(), "")
	agent.Ready()
	customer := newPhone(t, t.TempDir(), "secret")
	customer.Configure("1002@"+server.Addr().String(), "")
	customer.Launch("--audio-in", "tone:620")
	customer.Ready()
	callTo(t, customer, agent, "1001")
	asked := consults(t, server, agent)
	joined, err := server.WaitLeg(soon(t), 1)
	if err != nil || joined.Number() != "9101" || joined.CallID() == asked.CallID() {
		t.Fatal(err, joined)
	}
	customer.Hears(1004)
	heard, err := joined.WaitHeard(soon(t), 2*8000)
	if err != nil {
		t.Fatal(err)
	}
	if got := peers.ToneShare(peers.Loudest(heard, 8000), 8000, 620); got < 0.9 {
		t.Errorf("the number heard %.2f of the customer's 620 Hz", got)
	}
	customer.Do(phone.Command{Do: phone.Hangup})
	customer.Idle()
	if err := joined.Wait(soon(t), pbx.Over); err != nil {
		t.Error(err)
	}
	for _, d := range []*peers.Phone{agent, customer} {
		d.Stop()
	}
}

// TestAttendedTransferOfACaller: the lab's own caller is put through to one of its numbers.
func TestAttendedTransferOfACaller(t *testing.T) {
	server := exchange.Start(t)
	agent := startDaemon(t, server.Addr().String(), "")
	agent.Ready()
	caller, err := server.CallUser(t.Context(), pbx.CallOptions{User: "1001", FromNumber: "+12025550142"})
	if err != nil {
		t.Fatal(err)
	}
	agent.Phase(call.Offered)
	agent.Do(phone.Command{Do: phone.Answer})
	agent.Phase(call.Active)
	consults(t, server, agent)
	if err := caller.Wait(soon(t), pbx.Over); err != nil {
		t.Error(err)
	}
	agent.Stop()
}

// TestColleaguesOfTheLab: it takes subscriptions to calls and tells nothing of them, so that presence is asked for.
func TestColleaguesOfTheLab(t *testing.T) {
	server := exchange.StartWith(t, pbx.Config{Users: map[string]string{"1001": "secret", "1002": "secret"}})
	other := newPhone(t, t.TempDir(), "secret")
	other.Configure("1002@"+server.Addr().String(), "")
	other.Launch()
	other.Ready()
	agent := startDaemon(t, server.Addr().String(), "[[colleague]]\nname = \"Agent B. Sample\"\nnumber = \"1002\"\n")
	agent.Ready()
	agent.Until("free", func(s phone.Snapshot) bool { return len(s.Colleagues) == 1 && s.Colleagues[0].State == "free" })
	for _, d := range []*peers.Phone{agent, other} {
		d.Stop()
	}
}
