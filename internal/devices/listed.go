package devices

import "slices"

// Listed is a device with its places in the settings. Speakers have two: for calls and for ringing.
type Listed struct {
	Device
	Choice  int  `json:"choice,omitempty"`  // its place among the microphones, or the speakers, of the settings, from 1
	Ring    int  `json:"ring,omitempty"`    // its place among the ringers
	Calls   bool `json:"calls,omitempty"`   // a call has it, or would have it now
	Ringing bool `json:"ringing,omitempty"` // a call rings on it, or would now
	Away    bool `json:"away,omitempty"`    // of the settings, and not connected
}

// List puts together what is there and what the settings name besides.
func List(mic, speaker, ring Wish, present []Device) []Listed {
	var out []Listed
	for _, d := range present {
		l := Listed{Device: d}
		calls := speaker
		if d.Input {
			calls = mic
		} else {
			l.Ring, l.Ringing = place(d, ring, present), first(d, ring, present)
		}
		l.Choice, l.Calls = place(d, calls, present), first(d, calls, present)
		out = append(out, l)
	}
	for _, w := range []Wish{mic, speaker} {
		for i, name := range w.Names {
			if len(matching(name, w.Input, present)) == 0 && name != Default {
				out = append(out, Listed{Device: Device{ID: name, Name: name, Input: w.Input}, Choice: i + 1, Calls: Made(name), Away: !Made(name)})
			}
		}
	}
	for i, name := range ring.Names {
		if len(matching(name, false, present)) > 0 || name == Default {
			continue
		}
		if at := slices.IndexFunc(out, func(l Listed) bool { return !l.Input && l.ID == name }); at >= 0 {
			out[at].Ring, out[at].Ringing = i+1, Made(name)
			continue
		}
		out = append(out, Listed{Device: Device{ID: name, Name: name}, Ring: i + 1, Ringing: Made(name), Away: !Made(name)})
	}
	return out
}

// place is where a wish names a device, from 1; 0: nowhere.
func place(d Device, w Wish, present []Device) int {
	return 1 + slices.IndexFunc(w.Names, func(name string) bool {
		found := matching(name, w.Input, present)
		return len(found) > 0 && found[0].ID == d.ID || d.Is(name)
	})
}

// first reports whether a device is among what a wish comes to.
func first(d Device, w Wish, present []Device) bool {
	targets := Targets(w, present)
	return len(targets) > 0 && slices.ContainsFunc(targets[0].Devices, func(o Device) bool { return o.ID == d.ID })
}

// Trial is a moment of a test of a device.
type Trial struct {
	Stage  string  `json:"stage"`            // "listening", "playing", "done"
	Device string  `json:"device,omitempty"` // its name
	Peak   float32 `json:"peak"`             // of the last tenth of a second, 0 to 1; of the whole test when done
	Text   string  `json:"text,omitempty"`   // what came of it, in a sentence, when done
}

// Verdict says in a sentence what a microphone's loudest moment means, 0 to 1.
func Verdict(device string, peak float32) string {
	switch {
	case peak == 0:
		return device + " gave nothing at all: it is muted, or another program keeps it."
	case peak < 0.01:
		return device + " heard almost nothing: speak up, or raise its level in the sound settings of this computer."
	case peak >= 0.99:
		return device + " is too loud: lower its level in the sound settings of this computer."
	}
	return device + " hears you."
}
