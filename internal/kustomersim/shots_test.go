package kustomersim

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shots is where the pictures go: SIDETONE_SHOTS, or a folder that is thrown away.
func shots(t *testing.T) string {
	if dir := os.Getenv("SIDETONE_SHOTS"); dir != "" {
		return dir
	}
	return t.TempDir()
}

// alone lets the widget fill the window.
const alone = `(() => { const d = document.querySelector("#dock"); d.style.cssText = "position:fixed;inset:0;z-index:9;width:auto;padding:0";
  document.querySelector("#widget-frame").style.cssText = "height:100%;border:0;border-radius:0;width:" + WIDTH + "px"; return true; })()`

// fits says whether nothing of a frame is cut off at the side.
const fits = `document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight + 1`

// still says that no colour is on its way from one to another.
const still = `document.getAnimations().every((a) => !(a instanceof CSSTransition))`

func TestPicturesOfTheWidget(t *testing.T) {
	dir := shots(t)
	ring, hold, warned := inCall("incoming", object{"direction": "incoming"}), inCall("active", object{"held": true}), idle("available", "Available")
	warned["ready"], warned["line"] = false, "The line is not registered. Trying again in 8 seconds."
	long := inCall("active", object{"name": "Customer With A Very Long Name Indeed Of Example", "muted": true})
	for _, look := range []string{"light", "dark"} {
		for _, width := range []int{320, 280} {
			s := open(t, choice{width: width, height: 568, query: "?theme=" + look})
			s.connected()
			s.must(s.Eval(s.ctx, "", strings.Replace(alone, "WIDTH", strconv.Itoa(width), 1), nil))
			for _, p := range []struct {
				name, selector, want string
				state                object
			}{
				{"idle", "#status", "Available", idle("available", "Available")}, {"ringing", "#plate", "Incoming call", ring},
				{"call", "#plate", "Live", inCall("active", nil)}, {"hold", "#plate", "On hold", hold}, {"warned", "#line", "not registered", warned},
				{"long", "#plate", "Muted", long}, {"wrapup", "#status", "Wrap-up", idle("wrap-up", "Wrap-up")},
			} {
				s.bridge.send(t, p.state)
				s.says(widget, p.selector, p.want)
				s.must(s.WaitEval(s.ctx, widget, fits))
				s.must(s.WaitEval(s.ctx, widget, still))
				s.must(s.Screenshot(s.ctx, filepath.Join(dir, strings.Join([]string{"widget", p.name, look, strconv.Itoa(width)}, "-")+".png")))
			}
			s.click(widget, "#status")
			s.must(s.Screenshot(s.ctx, filepath.Join(dir, "widget-menu-"+look+".png")))
			s.bridge.close()
			s.says(widget, "#connection", "Not connected")
			s.must(s.WaitEval(s.ctx, widget, still))
			s.must(s.Screenshot(s.ctx, filepath.Join(dir, "widget-down-"+look+".png")))
			s.must(s.Browser.Close())
		}
	}
}

func TestPicturesOfTheHostPage(t *testing.T) {
	dir := shots(t)
	for _, look := range []string{"light", "dark"} {
		s := open(t, choice{width: 1280, height: 800, query: "?theme=" + look, callAgent: func(string) error { return nil }})
		s.connected()
		s.choose("available")
		s.bridge.send(t, inCall("active", nil))
		s.says(widget, "#plate", "Live")
		s.must(s.WaitEval(s.ctx, widget, still))
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "host-"+look+".png")))
		s.click("", "#log-toggle")
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "host-log-"+look+".png")))
		s.click("", "#log-toggle")
		for _, id := range []string{"available", "busy", "unavailable", "offline"} {
			s.sim.SetExternalStatusMap("status-"+id, map[string]string{"sidetone_voice": id})
		}
		s.click("", `[data-tab="settings"]`)
		s.says(settings, "#map", "Lunch")
		s.must(s.Select(s.ctx, settings, `[data-row="status-lunch"] select`, "unavailable"))
		s.says(settings, "#save", "Save 1 change")
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "settings-"+look+".png")))
		s.click("", `[data-tab="lab"]`)
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "lab-"+look+".png")))
		s.must(s.Browser.Close())
	}
}

func TestPicturesOfABlockedWidget(t *testing.T) {
	s := open(t, choice{unpaired: true, width: 320, height: 568, faults: func(f *Faults) { f.WithoutAccess = true }})
	s.says(widget, "#blocked", "does not let")
	s.must(s.Eval(s.ctx, "", strings.Replace(alone, "WIDTH", "320", 1), nil))
	s.must(s.WaitEval(s.ctx, widget, fits))
	s.must(s.Screenshot(s.ctx, filepath.Join(shots(t), "widget-blocked-light.png")))
}

func TestPicturesOfPairing(t *testing.T) {
	dir := shots(t)
	for _, look := range []string{"light", "dark"} {
		s := open(t, choice{unpaired: true, width: 280, height: 568, query: "?theme=" + look})
		s.says(widget, "#connection", "Not paired")
		s.must(s.Eval(s.ctx, "", strings.Replace(alone, "WIDTH", "280", 1), nil))
		s.must(s.WaitEval(s.ctx, widget, fits))
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "widget-unpaired-"+look+".png")))
		s.click(widget, "#try-again")
		s.digits()
		s.must(s.WaitEval(s.ctx, widget, fits))
		s.must(s.WaitEval(s.ctx, widget, still))
		s.must(s.Screenshot(s.ctx, filepath.Join(dir, "widget-pairing-"+look+".png")))
		s.must(s.Browser.Close())
	}
}
