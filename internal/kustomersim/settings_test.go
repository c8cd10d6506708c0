package kustomersim

import (
	"fmt"
	"strings"
	"testing"

	"sidetone/widgetbridge/web"
)

const ours = web.DefaultQueue

// mapAs chooses what a status means, as an admin would.
func (s *stage) mapAs(status, value string) {
	s.t.Helper()
	s.must(s.Select(s.ctx, settings, `[data-row="status-`+status+`"] select`, value))
}

func (s *stage) rowSays(status, text string) {
	s.t.Helper()
	s.says(settings, `[data-row="status-`+status+`"] .say`, text)
}

// settled opens the settings page.
func settled(t *testing.T, c choice) *stage {
	t.Helper()
	c.noBridge = true
	s := open(t, c)
	s.click("", `[data-tab="settings"]`)
	s.says(settings, "#map", "Lunch")
	return s
}

func TestSettingsKeepOtherAppsMappings(t *testing.T) {
	s := settled(t, choice{})
	s.says(settings, "#warning", "6 statuses are not mapped.")
	s.mapAs("lunch", "wrap-up")
	s.mapAs("training", "busy")
	s.says(settings, "#save", "Save 2 changes")
	s.sim.SetExternalStatusMap("status-lunch", map[string]string{otherQueue: "ext-new", "third_voice": "x"}) // meanwhile, by somebody else
	s.click(settings, "#save")
	s.rowSays("training", "Saved.")
	got := s.sim.ExternalStatusMap("status-lunch")
	if got["sidetone_voice"] != "wrap-up" || got[otherQueue] != "ext-new" || got["third_voice"] != "x" {
		t.Errorf("the map of Lunch is %v", got)
	}
	s.mapAs("lunch", "")
	s.click(settings, "#save")
	s.rowSays("lunch", "Saved.")
	if got := s.sim.ExternalStatusMap("status-lunch"); len(got) != 2 {
		t.Errorf("taking the mapping out left %v", got)
	}
}

func TestSettingsShowWhatFailedInItsRow(t *testing.T) {
	s := settled(t, choice{})
	s.mapAs("lunch", "unavailable")
	s.mapAs("training", "unavailable")
	f := s.sim.Faults()
	f.API, f.Only = "409", "PUT /v1/routing/statuses/status-lunch"
	s.sim.SetFaults(f)
	s.click(settings, "#save")
	s.says(settings, `[data-row="status-lunch"] .say`, "Not saved: somebody else changed it just now.")
	s.says(settings, `[data-row="status-training"] .say`, "Saved.")
	s.says(settings, "#save", "Save 1 change")
	s.says(settings, `[data-row="status-lunch"] select`, "unavailable")
}

// TestSettingsOfOneWhoMayNotWrite: the first no ends it, nothing chosen is lost.
func TestSettingsOfOneWhoMayNotWrite(t *testing.T) {
	s := settled(t, choice{faults: func(f *Faults) { f.API, f.Only = "403", "PUT " }})
	s.mapAs("lunch", "unavailable")
	s.mapAs("training", "unavailable")
	s.click(settings, "#save")
	s.says(settings, "#message", "Your role may not change statuses.")
	s.rowSays("lunch", "Not saved: your role may not change statuses.")
	s.rowSays("training", "Was Not mapped. Not saved.")
	s.says(settings, "#save", "Save 2 changes")
}

func TestSettingsOfOneWhoMayNotRead(t *testing.T) {
	s := open(t, choice{noBridge: true, faults: func(f *Faults) { f.API, f.Only = "403", "GET /v1/routing/statuses" }})
	s.click("", `[data-tab="settings"]`)
	s.says(settings, "#message", "your role may not read them")
	s.sim.SetFaults(Faults{})
	s.click(settings, "#again")
	s.says(settings, "#map", "Lunch")
}

func TestSettingsMeetAStatusDeletedMeanwhile(t *testing.T) {
	s := settled(t, choice{})
	s.mapAs("lunch", "unavailable")
	s.mapAs("training", "unavailable")
	s.sim.DeleteStatus("status-lunch")
	s.click(settings, "#save")
	s.rowSays("training", "Saved.")
	s.rowSays("lunch", "Kustomer no longer has this status.")
	s.says(settings, "#save", "Saved")
}

// TestTwoAdminsAtOnce: what the other one chose is shown, and replaced only by a second press.
func TestTwoAdminsAtOnce(t *testing.T) {
	s := settled(t, choice{})
	s.mapAs("lunch", "unavailable")
	s.sim.SetExternalStatusMap("status-lunch", map[string]string{ours: "wrap-up", otherQueue: "ext-lunch"})
	s.click(settings, "#save")
	s.rowSays("lunch", "Somebody else made it Wrap-up meanwhile.")
	if got := s.sim.ExternalStatusMap("status-lunch")[ours]; got != "wrap-up" {
		t.Errorf("the other admin's choice was overwritten unseen: %s", got)
	}
	s.click(settings, "#save")
	s.rowSays("lunch", "Saved.")
	if got := s.sim.ExternalStatusMap("status-lunch"); got[ours] != "unavailable" || got[otherQueue] != "ext-lunch" {
		t.Errorf("%v", got)
	}
}

func TestSettingsUndo(t *testing.T) {
	s := settled(t, choice{})
	s.mapAs("lunch", "unavailable")
	s.rowSays("lunch", "Was Not mapped. Not saved.")
	s.click(settings, "#undo")
	s.says(settings, "#save", "Saved")
	s.mapAs("lunch", "wrap-up")
	s.click(settings, "#save")
	s.rowSays("lunch", "Saved.")
	s.says(settings, "#undo", "Undo the last save")
	s.click(settings, "#undo")
	s.rowSays("lunch", "Was Wrap-up. Not saved.")
	s.click(settings, "#save")
	s.rowSays("lunch", "Saved.")
	if got := s.sim.ExternalStatusMap("status-lunch"); got[ours] != "" || got[otherQueue] != "ext-lunch" {
		t.Errorf("%v", got)
	}
}

// TestSettingsOfTwoHundredStatuses: every page of the list is read, one can be found, and all can be saved.
func TestSettingsOfTwoHundredStatuses(t *testing.T) {
	s := open(t, choice{noBridge: true})
	s.sim.AddStatuses(200)
	s.click("", `[data-tab="settings"]`)
	s.says(settings, "#warning", "206 statuses are not mapped.")
	s.must(s.Type(s.ctx, settings, "#find", "own status 200"))
	var shown int
	s.must(s.Eval(s.ctx, settings, `[...document.querySelectorAll("tbody tr")].filter((r) => !r.hidden).length`, &shown))
	if shown != 1 {
		t.Errorf("%d rows are shown", shown)
	}
	s.must(s.Eval(s.ctx, settings, `[...document.querySelectorAll("select")].forEach((x) => { x.value = "unavailable"; x.dispatchEvent(new Event("change")); }) ?? true`, new(bool)))
	s.says(settings, "#save", "Save 203 changes") // the built-in ones keep their kind
	s.click(settings, "#save")
	s.rowSays("own-200", "Saved.")
	s.says(settings, "#warning", "3 statuses are not mapped.")
	for i := range 200 {
		got := s.sim.ExternalStatusMap(fmt.Sprintf("status-own-%d", i+1))
		if got[ours] != "unavailable" || !strings.HasPrefix(got[otherQueue], "ext-") {
			t.Fatalf("status %d: %v", i+1, got)
		}
	}
}

// TestSettingsWaitForASlowKustomer: what Kustomer puts off is tried again, and comes through.
func TestSettingsWaitForASlowKustomer(t *testing.T) {
	s := settled(t, choice{})
	s.mapAs("lunch", "unavailable")
	s.sim.SetFaults(Faults{API: "429", Only: "PUT "})
	s.click(settings, "#save")
	s.says(settings, "#save", "Saving, 1 left")
	s.sim.SetFaults(Faults{LatencyMS: 300})
	s.rowSays("lunch", "Saved.")
	if got := s.sim.ExternalStatusMap("status-lunch")[ours]; got != "unavailable" {
		t.Error(got)
	}
}

// TestOwnStatusesOfTheOrganisation: what the organisation added can be chosen, and is kept.
func TestOwnStatusesOfTheOrganisation(t *testing.T) {
	s := settled(t, choice{statuses: []web.Status{{ID: "coaching", Status: "unavailable", Label: "Coaching"}}})
	s.mapAs("training", "coaching")
	s.click(settings, "#save")
	s.rowSays("training", "Saved.")
	if got := s.sim.ExternalStatusMap("status-training")[ours]; got != "coaching" {
		t.Error(got)
	}
}
