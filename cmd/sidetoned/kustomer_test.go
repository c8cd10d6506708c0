package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/browser"
	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/kustomersim"
	"sidetone/internal/lab"
	"sidetone/internal/pbx"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

// desk is an agent's whole place: exchange, Kustomer in a browser, and the phone as a program that can be killed.
type desk struct {
	*peers.Phone
	lab    *lab.Lab
	chrome *browser.Browser
	ctx    context.Context
	calls  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	port, err := lab.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	l, err := lab.New(lab.Config{BridgePorts: []int{port}})
	if err != nil {
		t.Fatal(err)
	}
	labCtx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- l.Run(labCtx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	d := &desk{Phone: newPhone(t, t.TempDir(), lab.Password), lab: l, ctx: ctx}
	settings := l.Settings([]int{port}) + "[wrap_up]\nmissed = \"2m\"\nincoming = \"2m\"\n"
	if err := os.WriteFile(filepath.Join(d.Dir, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	d.start()
	return d
}

func (d *desk) start() {
	d.T.Helper()
	d.Launch("--audio-in", "silence", "--audio-out", "null")
	d.Ready()
}

// kill ends the phone as a power cut does.
func (d *desk) kill() {
	d.T.Helper()
	if err := d.Cmd.Process.Kill(); err != nil {
		d.T.Fatal(err)
	}
	_ = d.Cmd.Wait() // it was killed
}

func (d *desk) must(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatalf("%v\n%s", err, &d.Errs)
	}
}

// open opens Kustomer, or loads it anew, and connects it to the phone.
func (d *desk) open() {
	d.T.Helper()
	if d.chrome == nil {
		b, err := browser.Start(d.ctx, browser.Options{Headless: true, URL: d.lab.HostOrigin(), Width: 1280, Height: 860})
		d.must(err)
		d.T.Cleanup(func() { d.must(b.Close()) })
		d.chrome = b
	} else {
		d.must(d.chrome.Navigate(d.ctx, d.lab.HostOrigin()))
	}
}

// pair types the digits of a page that the running phone does not know.
func (d *desk) pair() {
	d.T.Helper()
	d.ask(control.Request{Command: phone.Command{Do: control.Connect}})
	d.must(d.chrome.WaitText(d.ctx, widgetPage, "#try-again", "Connect"))
	d.must(d.chrome.Click(d.ctx, widgetPage, "#try-again"))
	d.must(d.chrome.WaitText(d.ctx, widgetPage, "#digits", " "))
	digits, err := d.chrome.Text(d.ctx, widgetPage, "#digits")
	d.must(err)
	d.ask(control.Request{Command: phone.Command{Do: control.Pair, Digits: strings.ReplaceAll(digits, " ", "")}})
	d.must(d.chrome.WaitText(d.ctx, widgetPage, "#connection", "Connected"))
}

const widgetPage = "/widget.html"

func (d *desk) ask(r control.Request) control.Reply {
	d.T.Helper()
	reply, err := d.Client().Ask(r)
	d.must(err)
	return reply
}

// rung lets a customer call and gives up or is answered, with a note.
func (d *desk) rung(note string) {
	d.T.Helper()
	d.calls++
	leg, err := d.lab.PBX.CallUser(d.ctx, pbx.CallOptions{User: lab.User, FromNumber: "+12025550142", Play: pbx.PlaySpeech})
	d.must(err)
	d.Phase(call.Offered)
	if note == "" {
		d.Do(phone.Command{Do: phone.Decline})
		d.must(leg.Wait(d.ctx, pbx.Over))
		d.Idle()
		return
	}
	d.Do(phone.Command{Do: phone.Answer})
	d.Phase(call.Active)
	d.Do(phone.Command{Do: phone.Hangup})
	d.must(leg.Wait(d.ctx, pbx.Over))
	d.Idle()
	d.Do(phone.Command{Do: phone.Note, Text: note})
}

// onDisk checks that the log on disk looks as wanted within a second.
func (d *desk) onDisk(what string, ok func([]calllog.Entry) bool) {
	d.T.Helper()
	var last []calllog.Entry
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) { // disks say nothing by themselves
		if last = d.ask(control.Request{Command: phone.Command{Do: control.Log}}).Entries; ok(last) {
			return
		}
	}
	d.T.Fatalf("not on disk: %s: %+v", what, last)
}

// logged waits until Kustomer has every call, and checks that it has each once.
func (d *desk) logged() []kustomersim.Message {
	d.T.Helper()
	d.Until("logged", func(s phone.Snapshot) bool { return s.Log.Waiting+s.Log.Refused+s.Log.Nobody == 0 })
	m := d.lab.Kustomer.Messages()
	var externals []string
	for _, x := range m {
		externals = append(externals, x.External)
	}
	slices.Sort(externals)
	if n := len(slices.Compact(externals)); n != d.calls || len(m) != d.calls {
		d.T.Fatalf("%d calls are %d messages, %d different", d.calls, len(m), n)
	}
	return m
}

func (d *desk) faults(f func(*kustomersim.Faults)) {
	now := d.lab.Kustomer.Faults()
	f(&now)
	d.lab.Kustomer.SetFaults(now)
}

// asked waits until Kustomer was asked for something in words of the request.
func (d *desk) asked(n int, words string) {
	d.T.Helper()
	_, err := d.lab.Kustomer.Recorder().Wait(d.ctx, func(e kustomersim.Entry) bool {
		if e.Dir == kustomersim.FromFrame && strings.Contains(e.Detail, words) {
			n--
		}
		return n == 0
	})
	d.must(err)
}

// TestEveryCallIsInKustomerOnce kills the phone and the tab at every step of the way: in the wrap-up, before a widget was ever
// there, while Kustomer is asked, after it has written and before anybody knows. In the end Kustomer has every call once, with
// its note.
func TestEveryCallIsInKustomerOnce(t *testing.T) {
	d := newDesk(t)
	d.rung("Order 1042.") // nobody is there to log it
	d.onDisk("the note", func(l []calllog.Entry) bool { return l[0].Note == "Order 1042." })
	d.kill() // in the wrap-up
	d.start()
	d.rung("")
	d.Do(phone.Command{Do: phone.EndWrapUp}) // that of the first call, which a power cut does not end
	d.open()
	d.pair()
	m := d.logged()
	if !strings.HasSuffix(m[0].Preview, " — Order 1042.") || !strings.HasPrefix(m[1].Preview, "Declined call from (202) 555-0142") || m[0].Customer != "customer-1" {
		t.Errorf("%q and %q", m[0].Preview, m[1].Preview)
	}
	for i, step := range []string{"/v1/messages/externalid", "/v1/customers/phone", "/v1/conversations/externalId", "/messages\""} {
		d.faults(func(f *kustomersim.Faults) { f.LatencyMS = 400 })
		d.rung(fmt.Sprintf("Step %d.", i))
		before := d.lab.Kustomer.Recorder().Entries()
		seen := 0
		for _, e := range before {
			if e.Dir == kustomersim.FromFrame && strings.Contains(e.Detail, step) {
				seen++
			}
		}
		d.Do(phone.Command{Do: phone.EndWrapUp})
		d.asked(seen+1, step)
		if i%2 == 0 {
			d.kill()
			d.faults(func(f *kustomersim.Faults) { f.LatencyMS = 0 })
			d.start()
			d.open()
			d.pair()
		} else {
			d.open() // the tab is loaded anew
			d.faults(func(f *kustomersim.Faults) { f.LatencyMS = 0 })
		}
		d.logged()
	}
	d.faults(func(f *kustomersim.Faults) { f.API, f.Only = "lost", "POST /v1/conversations" })
	d.rung("Lost.")
	d.Do(phone.Command{Do: phone.EndWrapUp})
	d.must(d.chrome.WaitEval(d.ctx, "", `fetch("lab/customer/customer-1").then((a) => a.text()).then((x) => x.includes("Lost."))`))
	d.kill() // Kustomer has it, and nobody knows
	d.faults(func(f *kustomersim.Faults) { f.API = "" })
	d.start()
	d.open()
	d.pair()
	d.logged()
	d.calls++
	leg, err := d.lab.PBX.CallUser(d.ctx, pbx.CallOptions{User: lab.User, FromNumber: "+12025550142", Play: pbx.PlaySpeech})
	d.must(err)
	d.Do(phone.Command{Do: phone.Answer, Call: d.Phase(call.Offered).Calls[0].ID})
	_, err = leg.WaitHeard(d.ctx, 8000)
	d.must(err)
	d.kill() // in the call
	d.start()
	d.open()
	d.pair()
	d.logged()
	d.onDisk("every call as sent", func(l []calllog.Entry) bool {
		return len(l) == d.calls && !slices.ContainsFunc(l, func(e calllog.Entry) bool { return e.State != calllog.Sent || e.Message == "" || e.Conversation == "" })
	})
}
