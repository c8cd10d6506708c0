package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"sidetone/internal/control"
	"sidetone/internal/devices"
)

// soundRequest is what concerns microphones and speakers; ours tells whether the command is one of these.
func soundRequest(req control.Request, verb string, words []string) (control.Request, bool, error) {
	if verb != "devices" {
		return req, false, nil
	}
	what := strings.Join(words[:min(1, len(words))], "")
	kinds := []string{"microphone", "speaker", "ringer"}
	switch {
	case what == "":
		req.Do = control.Devices
		return req, true, nil
	case what == "use" && len(words) > 2 && slices.Contains(kinds, words[1]):
		req.Do, req.Key, req.Names = control.Use, words[1], words[2:]
		if slices.Equal(req.Names, []string{devices.Default}) {
			req.Names = nil
		}
		return req, true, nil
	case what == "test" && len(words) == 2 && slices.Contains(append(kinds, "echo"), words[1]):
		req.Do, req.Key = control.Try, words[1]
		return req, true, nil
	case what == "levels" && len(words) == 1:
		req.Do, req.Key = control.Try, what
		return req, true, nil
	}
	return req, true, errors.New("write: sidetonectl devices; devices use microphone, speaker or ringer NAME...; devices test microphone, speaker, ringer or echo; devices levels")
}

// tryOut prints how the test of a device goes.
func tryOut(client *control.Client, req control.Request, p printer) error {
	for r, err := client.Ask(req); ; r, err = client.Next() {
		if err != nil || r.Trial == nil {
			return err
		}
		p.trial(*r.Trial)
	}
}

func (p printer) trial(t devices.Trial) {
	switch {
	case p.json:
		p.object(t)
	case t.Stage == "done":
		fmt.Fprintln(p.out, plain(t.Text))
	default:
		fmt.Fprintf(p.out, "%-9s %-20s %s\n", t.Stage, strings.Repeat("#", bars(t.Peak)), plain(t.Device))
	}
}

// bars are 0 to 20 for a peak of -60 dBFS to full scale.
func bars(peak float32) int {
	if peak <= 0 {
		return 0
	}
	return min(20, max(0, int(math.Round(20+20*math.Log10(float64(peak))/3))))
}

// devices prints microphones and speakers.
func (p printer) devices(list []devices.Listed) {
	if p.json {
		if list == nil {
			list = []devices.Listed{}
		}
		p.object(list)
		return
	}
	for _, input := range []bool{true, false} {
		title := "speakers"
		if input {
			title = "microphones"
		}
		fmt.Fprintln(p.out, title)
		for _, d := range list {
			if d.Input == input && (!d.Monitor || d.Calls || d.Choice > 0) {
				fmt.Fprintf(p.out, "  %-36s %s\n", plain(d.ID), plain(strings.Join(append([]string{d.Name}, notes(d)...), ", ")))
			}
		}
	}
}

// notes say what there is to know of a device.
func notes(d devices.Listed) []string {
	var out []string
	add := func(yes bool, text string) {
		if yes {
			out = append(out, text)
		}
	}
	add(d.Calls && !d.Away, "in calls")
	add(d.Ringing && !d.Away, "rings")
	add(d.Choice > 0, "choice "+strconv.Itoa(d.Choice))
	add(d.Ring > 0, "ringer "+strconv.Itoa(d.Ring))
	add(d.Default, "the system's default")
	add(d.HandsFree, "hands-free: sounds like a telephone")
	add(d.Away, "not connected")
	return out
}
