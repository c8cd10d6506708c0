package devices

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// office is what is there in most cases below.
func office() []Device {
	return []Device{
		{ID: "in.board", Name: "Built-in", Input: true, Default: true},
		{ID: "in.monitor", Name: "Monitor of Built-in", Input: true, Monitor: true},
		{ID: "in.usb", Name: "Headset", Input: true},
		{ID: "out.hdmi", Name: "Screen"},
		{ID: "out.board", Name: "Built-in", Default: true},
		{ID: "out.usb", Name: "Headset"},
	}
}

func without(list []Device, ids ...string) []Device {
	return slices.DeleteFunc(list, func(d Device) bool { return slices.Contains(ids, d.ID) })
}

// keys writes targets as "a b!", the exclamation mark for those that only stand in, a plus between those that sound together.
func keys(targets []Target) string {
	var out []string
	for _, t := range targets {
		key := strings.ReplaceAll(t.Key(), "\n", "+")
		if t.Instead {
			key += "!"
		}
		out = append(out, key)
	}
	return strings.Join(out, " ")
}

func TestTargets(t *testing.T) {
	for what, c := range map[string]struct {
		wish    Wish
		present []Device
		want    string
	}{
		"nothing wished":              {Wish{}, office(), "out.board out.hdmi out.usb"},
		"by name":                     {Wish{Names: []string{"Headset"}}, office(), "out.usb out.board out.hdmi"},
		"by ID":                       {Wish{Names: []string{"out.usb"}}, office(), "out.usb out.board out.hdmi"},
		"a microphone":                {Wish{Names: []string{"Headset"}, Input: true}, office(), "in.usb in.board"},
		"in order":                    {Wish{Names: []string{"out.hdmi", "Headset"}}, office(), "out.hdmi out.usb out.board"},
		"the first is away":           {Wish{Names: []string{"Headset", "Screen"}}, without(office(), "out.usb"), "out.hdmi out.board"},
		"all are away":                {Wish{Names: []string{"Headset"}}, without(office(), "out.usb"), "out.board! out.hdmi!"},
		"the default by name":         {Wish{Names: []string{"default"}}, office(), "out.board out.hdmi out.usb"},
		"away, then the default":      {Wish{Names: []string{"Gone", "default"}}, office(), "out.board out.hdmi out.usb"},
		"a monitor only if asked for": {Wish{Names: []string{"in.monitor"}, Input: true}, office(), "in.monitor in.board in.usb"},
		"no default":                  {Wish{Input: true}, without(office(), "in.board"), "in.usb"},
		"nothing there":               {Wish{Names: []string{"Headset"}}, []Device{}, ""},
		"nothing known":               {Wish{Names: []string{"Headset"}}, nil, ""},
		"the same twice":              {Wish{Names: []string{"Headset", "out.usb"}}, office(), "out.usb out.board out.hdmi"},
		"an ID beats a name": {Wish{Names: []string{"Headset"}}, append(office(), Device{ID: "Headset", Name: "Other"}),
			"Headset out.board out.hdmi out.usb"},
		"two of one name":      {Wish{Names: []string{"Headset", "Headset"}}, append(office(), Device{ID: "out.usb2", Name: "Headset"}), "out.usb out.usb2 out.board out.hdmi"},
		"made here":            {Wish{Names: []string{"tone:440"}, Input: true}, office(), "tone:440"},
		"made here at the end": {Wish{Names: []string{"Headset", "null"}}, office(), "out.usb null"},
		"all at once":          {Wish{Names: []string{"Headset", "Screen"}, All: true}, office(), "out.usb+out.hdmi out.usb out.hdmi out.board"},
		"all, one is there":    {Wish{Names: []string{"Headset", "Screen"}, All: true}, without(office(), "out.usb"), "out.hdmi out.board"},
	} {
		if got := keys(Targets(c.wish, c.present)); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	unknown := Targets(Wish{}, nil)
	if len(unknown) != 1 || !unknown[0].Devices[0].Default || unknown[0].Instead {
		t.Errorf("while nothing is known: %+v", unknown)
	}
}

func TestResting(t *testing.T) {
	r, now := Resting{}, time.Unix(1e9, 0)
	list := Targets(Wish{Names: []string{"Headset", "Screen"}}, office())
	best := func() string {
		b, ok := r.Best(list, now)
		if !ok {
			return "none"
		}
		return b.Key()
	}
	if got := best(); got != "out.usb" {
		t.Error(got)
	}
	for _, rest := range []time.Duration{200, 400, 800, 1600, 3200, 5000, 5000} {
		r.Failed(list[0], now)
		now = now.Add(rest*time.Millisecond - 1)
		if got := best(); got != "out.hdmi" {
			t.Errorf("within %d ms: %s", rest, got)
		}
		if now = now.Add(1); best() != "out.usb" {
			t.Errorf("after %d ms it still rests", rest)
		}
	}
	for _, l := range list {
		r.Failed(l, now)
	}
	if got := best(); got != "none" {
		t.Errorf("%s does not rest", got)
	}
}

func TestMade(t *testing.T) {
	for name, want := range map[string]bool{
		"file:x.wav": true, "tone:440": true, "silence": true, "null": true, "default": false, "": false, "file": false, "tone": false,
		"Null sink": false, "alsa_output.pci": false,
	} {
		if Made(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestHandsFree(t *testing.T) {
	radio := Device{ID: "bluez_output.AA_BB.1", Name: "Buds", Bluetooth: true, HandsFree: true}
	one := func(d Device) Target { return Target{Devices: []Device{d}} }
	if got := HandsFree(Target{}, one(radio), office()); !strings.Contains(got, "Buds is in hands-free mode") || !strings.Contains(got, "such as Built-in.") {
		t.Error(got)
	}
	if got := HandsFree(Target{}, one(radio), []Device{radio}); !strings.HasSuffix(got, "connect a microphone of its own.") {
		t.Error(got)
	}
	if got := HandsFree(Target{}, one(office()[4]), office()); got != "" {
		t.Error(got)
	}
	music := radio
	music.HandsFree = false
	for _, c := range []struct {
		names []string
		told  bool
	}{
		{[]string{"Buds"}, true}, {[]string{"bluez_input.AA_BB.0"}, true}, {[]string{"bluez_input.CC_DD.0"}, false}, {nil, false},
		{[]string{"Headset", "Buds"}, false}, {[]string{"null"}, false},
	} {
		got := Mute(Wish{Names: c.names, Input: true}, append(office(), music))
		if (got != "") != c.told || got != "" && !strings.Contains(got, "The microphone of Buds is off") {
			t.Errorf("%v: %q", c.names, got)
		}
	}
	for name, rates := range map[string][]int{"Headset (Buds Hands-Free AG Audio)": nil, "Buds": {16000}, "Old Buds": {8000}} {
		if !SoundsHandsFree(name, rates) {
			t.Errorf("%s with %v is not seen as hands-free", name, rates)
		}
	}
	for name, rates := range map[string][]int{"Headphones (Buds Stereo)": nil, "Buds": {44100, 48000}, "Mic": {16000, 48000}} {
		if SoundsHandsFree(name, rates) {
			t.Errorf("%s with %v is seen as hands-free", name, rates)
		}
	}
}

func TestStanding(t *testing.T) {
	target := Target{Devices: []Device{{Name: "Built-in"}}, Instead: true}
	if got := Standing("microphone", target); got != "The microphone of the settings is not connected: Built-in is used instead." {
		t.Error(got)
	}
	if target.Instead = false; Standing("microphone", target) != "" {
		t.Error("what was wished for stands in")
	}
}

func TestList(t *testing.T) {
	got := List(Wish{Names: []string{"Gone", "in.usb"}, Input: true}, Wish{Names: []string{"null"}}, Wish{Names: []string{"Screen", "Headset", "Gone"}, All: true}, office())
	var lines []string
	for _, l := range got {
		line := l.ID
		for mark, set := range map[string]bool{"c": l.Choice == 1, "C": l.Choice == 2, "r": l.Ring == 1, "R": l.Ring == 2, "x": l.Ring == 3} {
			if set {
				line += " " + mark
			}
		}
		if l.Calls {
			line += " calls"
		}
		if l.Ringing {
			line += " rings"
		}
		if l.Away {
			line += " away"
		}
		lines = append(lines, line)
	}
	want := []string{"in.board", "in.monitor", "in.usb C calls", "out.hdmi r rings", "out.board", "out.usb R rings", "Gone c away", "null c calls", "Gone x away"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q, want %q", lines, want)
	}
}

func TestVerdict(t *testing.T) {
	for peak, want := range map[float32]string{0: "gave nothing at all", 0.005: "heard almost nothing", 0.3: "Mic hears you.", 1: "too loud"} {
		if got := Verdict("Mic", peak); !strings.Contains(got, want) {
			t.Errorf("%v: %s", peak, got)
		}
	}
}
