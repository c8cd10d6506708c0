package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/pbx"
	"sidetone/internal/phone"
	"sidetone/sync/presence"
)

// scene is one step of the story: it returns a detail for the report.
type scene struct {
	name string
	play func(context.Context) (string, error)
	shot shot // taken of window and page after it; the zero value: none
}

// eachStep bounds one step.
const eachStep = 30 * time.Second

// play plays every scene and stops at the first that does not happen.
func (s *stage) play(ctx context.Context) error {
	for _, sc := range s.scenes() {
		began := time.Now()
		stepCtx, cancel := context.WithTimeout(ctx, eachStep)
		detail, err := sc.play(stepCtx)
		if err == nil && sc.shot.name != "" {
			err = s.pictures(stepCtx, sc.shot)
		}
		cancel()
		s.report.add(sc.name, began, detail, err)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", sc.name, err), s.lastPictures(ctx))
		}
	}
	return nil
}

func (s *stage) scenes() []scene {
	const plate, status = "#plate", "#status"
	none := shot{}
	return []scene{
		{"app opened and registered", s.registered, none},
		{"widget asks to be connected and shows six digits", s.askToPair, shot{"0-pairing", digitBoxes(), "#pairing", "Type these digits"}},
		{"digits typed into the app's window", s.typeDigits, none},
		{"widget in Kustomer connected", s.widgetConnected, shot{"1-ready", offline(), "#connection", "Connected"}},
		{"agent available in Kustomer, seen in the app", s.chooseIn("available", "Available"), shot{"2-available", available(), status, "Available"}},
		{"number clicked in Kustomer, INVITE on the wire", s.clickNumber, none},
		{"answered", s.phase(call.Active), none},
		{"Kustomer shows busy", s.kustomerShows("Busy"), none},
		{"speech heard at both ends", s.speech(0), shot{"3-talking", live(), plate, "Live"}},
		{"held", s.hold(true), shot{"4-on-hold", held(), plate, "On hold"}},
		{"resumed", s.hold(false), none},
		{"hung up, wrap-up begins", s.hangUp, none},
		{"wrap-up seen in the app", s.wrapUp, shot{"5-wrap-up", wrapping(), "#wrap", "Wrap-up"}},
		{"wrap-up done, status restored in Kustomer", s.wrapUpDone, shot{"6-restored", available(), status, "Available"}},
		{"status changed in Kustomer, seen in the app", s.chooseIn("lunch", "Lunch"), shot{"7-lunch", away(), status, "Lunch"}},
		{"status changed in the app, seen in Kustomer", s.chooseInApp, shot{"9-back", available(), status, "Available"}},
		{"customer calls, the app rings", s.callIn, none},
		{"app and widget know the customer from Kustomer", s.named, shot{"10-ringing", ringing(), plate, "Incoming call"}},
		{"answered in the window", s.answer, none},
		{"Kustomer shows the customer who calls", s.popped, shot{"11-popped", live(), plate, "Live"}},
		{"speech heard at both ends of the second call", s.speech(1), shot{"12-second-call", live(), plate, "Live"}},
		{"a colleague asked while the customer waits", s.askColleague, shot{"13-two-calls", twoCalls(), plate, "Live"}},
		{"back to the customer", s.backToCustomer, none},
		{"hung up again, wrap-up begins", s.hangUp, none},
		{"note typed in the wrap-up", s.noted, shot{"14-note", wrapping(), "#wrap", "Wrap-up"}},
		{"wrap-up done", s.wrapUpDone, none},
		{"call and note in the customer's timeline", s.logged, shot{"15-logged", available(), status, "Available"}},
		{"all three calls in the history", s.history, none},
	}
}

// shot is a picture of window and page, and what both must show before it is taken: the state of the app is true before it is
// drawn.
type shot struct {
	name     string
	window   look
	selector string // in the widget
	text     string // what stands there
}

// still says that nothing of a page is on its way from one look to another.
const still = `document.getAnimations().every((a) => !(a instanceof CSSTransition))`

// pictures photographs the window and Kustomer's page once they show what the step says.
func (s *stage) pictures(ctx context.Context, p shot) error {
	if s.window == nil {
		return nil
	}
	if err := s.window.picture(ctx, s.report.file(p.name+"-app.png"), p.window); err != nil {
		return err
	}
	if err := s.chrome.WaitText(ctx, widgetFrame, p.selector, p.text); err != nil {
		return err
	}
	for _, frame := range []string{widgetFrame, ""} {
		if err := s.chrome.WaitEval(ctx, frame, still); err != nil {
			return err
		}
	}
	return s.chrome.Screenshot(ctx, s.report.file(p.name+"-kustomer.png"))
}

// lastPictures photographs window and page as they are, for who asks why a step did not happen. The step's own time is over.
func (s *stage) lastPictures(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := s.chrome.Screenshot(ctx, s.report.file("failed-kustomer.png"))
	if s.window != nil {
		err = errors.Join(err, s.window.shoot(ctx, s.report.file("failed-app.png")))
	}
	return err
}

// until watches the app over its socket until it looks as wanted; what says how, for the error.
func (s *stage) until(ctx context.Context, what string, ok func(phone.Snapshot) bool) (phone.Snapshot, error) {
	var last phone.Snapshot
	c, err := control.Dial(ctx, s.dir)
	for err != nil {
		if pauseErr := pause(ctx, 5*time.Millisecond); pauseErr != nil {
			return last, fmt.Errorf("waited for the app's socket, to see %s: %w", what, errors.Join(err, pauseErr))
		}
		c, err = control.Dial(ctx, s.dir)
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	defer c.Close()
	r, err := c.Ask(control.Request{Command: phone.Command{Do: control.Watch}})
	for ; err == nil; r, err = c.Next() {
		if last = *r.Snapshot; ok(last) {
			return last, nil
		}
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("not within %s", eachStep)
	}
	return last, fmt.Errorf("waited for %s: %w; the app's status is %s, with %d calls and %d widgets", what, err, last.Presence.Label, len(last.Calls), len(last.Bridge.Widgets))
}

func (s *stage) registered(ctx context.Context) (string, error) {
	p, err := s.until(ctx, "the line to be registered", func(p phone.Snapshot) bool {
		return len(p.Accounts) == 1 && p.Accounts[0].Line.State == call.LineReady
	})
	if err != nil {
		return "", err
	}
	s.report.StartToRegister = float64(p.Accounts[0].Line.Since.Sub(s.began).Microseconds()) / 1000
	return fmt.Sprintf("%.0f ms after the start", s.report.StartToRegister), s.findWindow(ctx)
}

// widget is the part of the widget's address its frame is known by.
const widgetFrame = "/widget.html"

func (s *stage) askToPair(ctx context.Context) (string, error) {
	if err := s.chrome.WaitText(ctx, widgetFrame, "#connection", "Not paired"); err != nil {
		return "", err
	}
	if err := s.chrome.Click(ctx, widgetFrame, "#try-again"); err != nil {
		return "", err
	}
	p, err := s.until(ctx, "a page that wants to be connected", func(p phone.Snapshot) bool { return p.Bridge.Pairing.Origin != "" })
	if err != nil {
		return "", err
	}
	return "from " + p.Bridge.Pairing.Origin, s.chrome.WaitText(ctx, widgetFrame, "#digits", " ")
}

func (s *stage) typeDigits(ctx context.Context) (string, error) {
	digits, err := s.chrome.Text(ctx, widgetFrame, "#digits")
	if err != nil {
		return "", err
	}
	if err := s.window.click(ctx, digitsSpot()); err != nil {
		return "", err
	}
	if err := s.window.typed(ctx, strings.ReplaceAll(digits, " ", "")); err != nil {
		return "", err
	}
	p, err := s.until(ctx, "the page to be paired", func(p phone.Snapshot) bool { return len(p.Bridge.Pages) == 1 })
	if err != nil {
		return "", err
	}
	return "known as " + p.Bridge.Pages[0].ID, nil
}

func (s *stage) widgetConnected(ctx context.Context) (string, error) {
	p, err := s.until(ctx, "the widget to be connected", func(p phone.Snapshot) bool { return len(p.Bridge.Widgets) == 1 })
	if err != nil {
		return "", err
	}
	return p.Bridge.Widgets[0].Origin, nil
}

// chooseIn picks a status in Kustomer's own menu.
func (s *stage) chooseIn(id, label string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := s.chrome.Click(ctx, "", "#agent-status"); err != nil {
			return "", err
		}
		if err := s.chrome.Click(ctx, "", `[data-status="`+id+`"]`); err != nil {
			return "", err
		}
		p, err := s.until(ctx, "the status "+label, func(p phone.Snapshot) bool {
			return p.Presence.Label == label && p.Presence.Heard.Known
		})
		return p.Presence.Why, err
	}
}

func (s *stage) clickNumber(ctx context.Context) (string, error) {
	err := s.chrome.Eval(ctx, "", `(document.addEventListener("click", e => { window.clickedAt = performance.timeOrigin + e.timeStamp }, true), true)`, new(bool))
	if err != nil {
		return "", err
	}
	before := time.Now()
	if err := s.chrome.Click(ctx, "", `[data-number="+12025550142"]`); err != nil {
		return "", err
	}
	if _, err := s.phase(call.Ringing, call.Answering, call.Active)(ctx); err != nil {
		return "", err
	}
	var clicked float64
	if err := s.chrome.Eval(ctx, "", "window.clickedAt", &clicked); err != nil {
		return "", err
	}
	at, ok := s.report.firstInvite(before)
	if !ok {
		return "", errors.New("no INVITE reached the exchange")
	}
	s.report.ClickToInvite = float64(at.UnixMicro())/1000 - clicked
	return fmt.Sprintf("%.1f ms from the click to the INVITE", s.report.ClickToInvite), nil
}

func (s *stage) phase(any ...call.Phase) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		p, err := s.until(ctx, fmt.Sprintf("one call in a phase of %v", any), func(p phone.Snapshot) bool {
			for _, ph := range any {
				if len(p.Calls) == 1 && p.Calls[0].Phase == ph {
					return true
				}
			}
			return false
		})
		if err != nil {
			return "", err
		}
		return p.Calls[0].Codec, nil
	}
}

func (s *stage) kustomerShows(label string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) { return "", s.lab.Kustomer.WaitStatus(ctx, label) }
}

// speech waits until both sides had time to talk and looks for each voice in what the other side recorded.
func (s *stage) speech(leg int) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		l, err := s.lab.PBX.WaitLeg(ctx, leg)
		if err != nil {
			return "", err
		}
		far, err := l.WaitHeard(ctx, len(agentSpeech())+8000)
		if err != nil {
			return "", err
		}
		near, err := readHeard(s.report.file("agent-heard.wav"))
		if err != nil {
			return "", err
		}
		if err := writeWAV(s.report.file(fmt.Sprintf("customer-%d-heard.wav", leg+1)), 8000, far); err != nil {
			return "", err
		}
		return judge(far, near)
	}
}

// judge wants half of each voice back, piece by piece: a wave found again is no accident, and a machine that also runs a
// browser and a virtual screen on two cores may lose a few.
func judge(far, near []int16) (string, error) {
	foundFar, ofFar, alikeFar := recognised(agentSpeech(), far)
	foundNear, ofNear, alikeNear := recognised(pbx.Speech(), near)
	detail := fmt.Sprintf("customer heard %d of %d pieces of the agent (likeness %.2f), agent heard %d of %d of the customer (%.2f)",
		foundFar, ofFar, alikeFar, foundNear, ofNear, alikeNear)
	if ofFar == 0 || ofNear == 0 || foundFar*2 < ofFar || foundNear*2 < ofNear {
		return detail, errors.New(detail)
	}
	return detail, nil
}

func (s *stage) hold(on bool) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		l, err := s.lab.PBX.WaitLeg(ctx, 0)
		if err != nil {
			return "", err
		}
		if err := s.window.click(ctx, holdSpot()); err != nil {
			return "", err
		}
		_, err = s.until(ctx, fmt.Sprintf("the call to be held: %t", on), func(p phone.Snapshot) bool { return len(p.Calls) == 1 && p.Calls[0].Held == on })
		return "", errors.Join(err, l.WaitHeld(ctx, on))
	}
}

func (s *stage) hangUp(ctx context.Context) (string, error) {
	if err := s.window.click(ctx, hangupSpot()); err != nil {
		return "", err
	}
	p, err := s.until(ctx, "the call to be over", func(p phone.Snapshot) bool { return len(p.Calls) == 0 && p.Last != nil && p.Last.Phase == call.Ended })
	if err != nil {
		return "", err
	}
	return p.Last.Reason.Sentence(p.Last.Direction), nil
}

func (s *stage) wrapUp(ctx context.Context) (string, error) {
	p, err := s.until(ctx, "the wrap-up", func(p phone.Snapshot) bool { return p.Presence.Status == presence.WrapUp })
	if err != nil {
		return "", err
	}
	return p.Presence.Why, s.lab.Kustomer.WaitStatus(ctx, "Busy")
}

func (s *stage) wrapUpDone(ctx context.Context) (string, error) {
	if err := pause(ctx, time.Second); err != nil { // a hand does not end at once what it has just seen
		return "", err
	}
	if err := s.window.click(ctx, doneSpot()); err != nil {
		return "", err
	}
	return s.kustomerShows("Available")(ctx)
}

func (s *stage) chooseInApp(ctx context.Context) (string, error) {
	if err := s.window.click(ctx, statusSpot()); err != nil {
		return "", err
	}
	if err := s.pictures(ctx, shot{"8-menu", statusMenu(), "#status", "Lunch"}); err != nil {
		return "", err
	}
	if err := s.window.click(ctx, firstStatus()); err != nil {
		return "", err
	}
	_, err := s.until(ctx, "the status Available", func(p phone.Snapshot) bool { return p.Presence.Status == presence.Available })
	return "", errors.Join(err, s.lab.Kustomer.WaitStatus(ctx, "Available"))
}

func (s *stage) callIn(ctx context.Context) (string, error) {
	_, err := s.lab.PBX.CallUser(ctx, pbx.CallOptions{
		User: "1001", FromNumber: callerNumber, Play: pbx.PlaySpeech,
	})
	if err != nil {
		return "", err
	}
	return s.phase(call.Offered)(ctx)
}

func (s *stage) answer(ctx context.Context) (string, error) {
	if err := s.window.click(ctx, answerSpot()); err != nil {
		return "", err
	}
	return s.phase(call.Active)(ctx)
}

func (s *stage) history(ctx context.Context) (string, error) {
	if _, err := s.until(ctx, "three calls in the journal", func(p phone.Snapshot) bool { return p.Records >= 3 }); err != nil {
		return "", err
	}
	c, err := control.Dial(ctx, s.dir)
	if err != nil {
		return "", err
	}
	defer c.Close()
	r, err := c.Ask(control.Request{Command: phone.Command{Do: control.History}})
	if err != nil {
		return "", err
	}
	if len(r.Records) != 3 || r.Records[0].Call.Direction != call.Incoming || r.Records[1].Call.Consults != r.Records[0].Call.ID || r.Records[2].Call.Direction != call.Outgoing {
		return "", fmt.Errorf("the history holds %d calls, not one out, one in and one to a colleague", len(r.Records))
	}
	talked := func(i int) time.Duration { return r.Records[i].Call.Duration(time.Now()).Round(time.Second) }
	return fmt.Sprintf("out %s, in %s, to the colleague %s", talked(2), talked(0), talked(1)), nil
}
