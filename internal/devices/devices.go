// Package devices decides which microphone, speaker and ring device to use out of those that are there, and says what the agent
// should know about it. Pure.
package devices

import (
	"slices"
	"strings"
	"time"
)

// Device is one device of the sound system.
type Device struct {
	ID        string `json:"id"`                   // the same whenever the device is plugged in; "": whatever the system takes
	Name      string `json:"name"`                 // for people; two devices may have the same
	Input     bool   `json:"input"`                // a microphone
	Default   bool   `json:"default"`              // the system's choice, on Windows the one for calls
	Monitor   bool   `json:"monitor,omitempty"`    // hears a speaker: nobody talks into it
	Bluetooth bool   `json:"bluetooth,omitempty"`  // by radio
	HandsFree bool   `json:"hands_free,omitempty"` // by radio as a telephone sounds, so that its microphone works
}

// Is reports whether a setting names the device: by its ID, or by its name.
func (d Device) Is(name string) bool { return name != "" && (d.ID == name || d.Name == name) }

// Made reports whether a name is that of a device made of files, tones or nothing, which is always there.
func Made(name string) bool {
	kind, _, colon := strings.Cut(name, ":")
	return colon && (kind == "file" || kind == "tone") || name == "silence" || name == "null"
}

// Default is the name of the system's own choice. So is no name at all.
const Default = "default"

// Target is what is to be opened: one device, or several ring devices at once.
type Target struct {
	Devices []Device
	Instead bool // nothing that was wished for is there
}

// Key tells targets apart.
func (t Target) Key() string {
	var ids []string
	for _, d := range t.Devices {
		ids = append(ids, d.ID)
	}
	return strings.Join(ids, "\n")
}

// Name names the devices to people.
func (t Target) Name() string {
	var names []string
	for _, d := range t.Devices {
		names = append(names, d.Name)
	}
	return strings.Join(names, " and ")
}

// Wish is what the settings ask for.
type Wish struct {
	Names []string // IDs or names, the best first; none: the system's default
	Input bool     // microphones
	All   bool     // all of them that are there, at once
}

// Names splits a list of names, one a line, as a setting is handed on.
func Names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == '\n' })
}

// Targets returns what can be opened, the best first: what is wished for, then the system's default, then whatever is there. With
// present nil nobody knows what is there, and the system's default is all there is to try. A device made of files, tones or nothing
// never fails over: nothing comes behind it.
func Targets(w Wish, present []Device) []Target {
	found, made := wished(w, present)
	var out []Target
	if w.All && len(found) > 1 {
		out = append(out, Target{Devices: found})
	}
	for _, d := range found {
		out = append(out, Target{Devices: []Device{d}})
	}
	if made {
		return out
	}
	instead := len(found) == 0 && len(w.Names) > 0 && !slices.Contains(w.Names, Default)
	for _, d := range rest(w.Input, present) {
		if !slices.ContainsFunc(found, func(f Device) bool { return f.ID == d.ID }) {
			out = append(out, Target{Devices: []Device{d}, Instead: instead})
		}
	}
	if present == nil && len(out) == 0 {
		out = append(out, Target{Devices: []Device{{Name: "the system's default", Input: w.Input, Default: true}}})
	}
	return out
}

// wished are the devices of a wish that are there, and whether the last of them is made here.
func wished(w Wish, present []Device) (found []Device, made bool) {
	for _, name := range w.Names {
		if Made(name) {
			return append(found, Device{ID: name, Name: name, Input: w.Input}), true
		}
		for _, d := range matching(name, w.Input, present) {
			if !slices.ContainsFunc(found, func(f Device) bool { return f.ID == d.ID }) {
				found = append(found, d)
				break
			}
		}
	}
	return found, false
}

// matching are the devices that a name means: those with that ID before those with that name.
func matching(name string, input bool, present []Device) []Device {
	var byID, byName []Device
	for _, d := range present {
		switch {
		case d.Input != input:
		case name == Default && d.Default, d.ID == name:
			byID = append(byID, d)
		case d.Name == name:
			byName = append(byName, d)
		}
	}
	return append(byID, byName...)
}

// rest are the devices that may stand in: the system's default, then all others into which somebody can talk, or that sound.
func rest(input bool, present []Device) []Device {
	var first, others []Device
	for _, d := range present {
		switch {
		case d.Input != input:
		case d.Default:
			first = append(first, d)
		case !d.Monitor:
			others = append(others, d)
		}
	}
	return append(first, others...)
}

// Resting remembers by its key what did not work, so that it is not tried at every beat.
type Resting map[string]Pause

// Pause is how long a target is left alone.
type Pause struct {
	until time.Time
	delay time.Duration
}

// The first and the longest rest of a target that does not work.
const (
	firstRest   = 200 * time.Millisecond
	longestRest = 5 * time.Second
)

// Failed lets a target rest, longer each time.
func (r Resting) Failed(t Target, now time.Time) {
	delay := min(max(firstRest, 2*r[t.Key()].delay), longestRest)
	r[t.Key()] = Pause{now.Add(delay), delay}
}

// Best is the first target that does not rest. ok is false if all do.
func (r Resting) Best(targets []Target, now time.Time) (best Target, ok bool) {
	for _, t := range targets {
		if !now.Before(r[t.Key()].until) {
			return t, true
		}
	}
	return Target{}, false
}
