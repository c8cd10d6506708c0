package main

import (
	"strings"
	"testing"

	"sidetone/internal/control"
	"sidetone/internal/devices"
)

func TestSoundRequests(t *testing.T) {
	for line, want := range map[string]string{
		"devices":                         "devices  ",
		"devices use speaker usb default": "devices-use speaker usb,default",
		"devices use microphone default":  "devices-use microphone ",
		"devices test echo":               "devices-try echo ",
		"devices levels":                  "devices-try levels ",
		"devices use speaker":             "",
		"devices use nose x":              "",
		"devices test":                    "",
		"devices test levels":             "",
		"devices levels now":              "",
		"devices forget":                  "",
	} {
		req, err := request(options{}, strings.Fields(line))
		got := ""
		if err == nil {
			got = string(req.Do) + " " + req.Key + " " + strings.Join(req.Names, ",")
		} else if !strings.HasPrefix(err.Error(), "write: sidetonectl devices") {
			t.Errorf("%s: %v", line, err)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if control.Try != "devices-try" {
		t.Error(control.Try)
	}
}

func TestDevicesArePrinted(t *testing.T) {
	list := []devices.Listed{
		{Device: devices.Device{ID: "in.usb", Name: "Head\x1bset", Input: true, Default: true, HandsFree: true}, Choice: 2, Calls: true},
		{Device: devices.Device{ID: "in.monitor", Name: "Monitor", Input: true, Monitor: true}},
		{Device: devices.Device{ID: "Gone", Name: "Gone"}, Choice: 1, Ring: 3, Away: true},
	}
	var b strings.Builder
	printer{out: &b}.devices(list)
	want := "microphones\n" +
		"  in.usb                               Headset, in calls, choice 2, the system's default, hands-free: sounds like a telephone\n" +
		"speakers\n" +
		"  Gone                                 Gone, choice 1, ringer 3, not connected\n"
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	p := printer{out: &b}
	p.trial(devices.Trial{Stage: "listening", Device: "Headset", Peak: 1})
	p.trial(devices.Trial{Stage: "listening", Peak: 0.0316})
	p.trial(devices.Trial{Stage: "listening"})
	p.trial(devices.Trial{Stage: "done", Text: "It\x1b works."})
	want = "listening #################### Headset\nlistening ##########           \nlistening                      \nIt works.\n"
	if b.String() != want {
		t.Errorf("%q\nwant\n%q", b.String(), want)
	}
}
