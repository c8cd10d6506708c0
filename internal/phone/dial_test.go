package phone

import (
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// dialled is the targets of the INVITEs asked for.
func (w *world) dialled() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, e := range w.signal {
		if i, ok := e.(call.Invite); ok {
			out = append(out, i.Target)
		}
	}
	return out
}

func TestStrangersMayNotDialEverything(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		for text, code := range map[string]number.Code{
			"": number.CodeEmpty, "*97": number.CodeFeature, "#31#2025550142": number.CodeFeature, "911": number.CodeEmergency,
			"sip:1001@evil.example.com": number.CodeAddress, "2025550142;phone-context=x": number.CodeAddress, "+1 900 555 0100": number.CodePremium,
			"+882 16 00000000": number.CodeSatellite,
		} {
			w.refused(t, Command{Do: Dial, Number: text, Origin: "kustomer"}, Code(code))
			if r := w.now(t).Refused; r == nil || r.Number != call.Plain(text) || r.Text == "" {
				t.Errorf("%q: the agent is not told: %+v", text, r)
			}
		}
		w.do(t, Command{Do: Dial, Number: "*97", Origin: "window"})
		if w.now(t).Refused != nil {
			t.Error("an old refusal stays")
		}
		if got := w.dialled(); len(got) != 1 || got[0] != "*97" {
			t.Errorf("dialled %v", got)
		}
	})
}

func TestFirstClickAsks(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		w.phone.Report(UseRules{AskFirst: true})
		click := Command{Do: Dial, Number: "(202) 555-0142", Origin: "kustomer", Key: "one"}
		w.refused(t, click, CodeConfirm)
		a := w.now(t).Asking
		if a == nil || a.Shown != "(202) 555-0142" || a.Origin != "kustomer" || a.Why == "" {
			t.Fatalf("%+v", a)
		}
		w.refused(t, click, CodeConfirm) // the same answer to the same click
		w.refused(t, Command{Do: Dial, Number: "+12025550119", Origin: "kustomer", Key: "two"}, CodeConfirm)
		w.refused(t, Command{Do: Confirm, Origin: "kustomer"}, CodeNotNow)
		w.refused(t, Command{Do: Confirm, Key: "another", Origin: "window"}, CodeNotNow)
		w.do(t, Command{Do: Confirm, Key: a.Key, Origin: "window"})
		if w.now(t).Asking != nil {
			t.Error("still asking")
		}
		w.do(t, Command{Do: Hangup})
		w.do(t, Command{Do: Dial, Number: "+12025550119", Origin: "kustomer", Key: "three"})
		if got := w.dialled(); len(got) != 2 || got[0] != "+12025550142" || got[1] != "+12025550119" {
			t.Errorf("dialled %v", got)
		}
	})
}

func TestProposalIsRejectedOrForgotten(t *testing.T) {
	live(t, func(t *testing.T, w *world) {
		abroad := func(key string) Command {
			return Command{Do: Dial, Number: "+44 20 7946 0018", Origin: "kustomer", Key: key}
		}
		w.refused(t, abroad("one"), CodeConfirm)
		w.do(t, Command{Do: Reject, Origin: "window"})
		w.refused(t, Command{Do: Confirm, Origin: "window"}, CodeNotNow)
		w.refused(t, abroad("two"), CodeConfirm)
		time.Sleep(61 * time.Second)
		if a := w.now(t).Asking; a != nil {
			t.Errorf("%+v", a)
		}
		w.refused(t, abroad("three"), CodeConfirm)
		w.do(t, Command{Do: Dial, Number: "100", Origin: "window"})
		w.refused(t, Command{Do: Confirm, Origin: "window"}, CodeInCall)
		if got := w.dialled(); len(got) != 1 {
			t.Errorf("dialled %v", got)
		}
	})
}
