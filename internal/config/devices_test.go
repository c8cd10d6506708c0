package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestDevicesAreReadInBothForms(t *testing.T) {
	for text, want := range map[string]Devices{
		`speaker = "Headset"`: {"Headset"}, `speaker = ["Headset", "default"]`: {"Headset", "default"}, `speaker = ""`: nil, `speaker = []`: nil, ``: nil,
	} {
		c, err := Parse([]byte("[media]\n" + text + "\n"))
		if err != nil || !reflect.DeepEqual(c.Media.Speaker, want) {
			t.Errorf("%s: %q, %v", text, c.Media.Speaker, err)
		}
	}
	for text, want := range map[string]string{
		`speaker = 7`:            "line 2: it takes a device's name in quotes, or a list of such in brackets, the best first. Mend",
		`speaker = ["a", 7]`:     "line 2: it takes a device's name in quotes",
		`speaker = ["a", ""]`:    "line 2: media.speaker has an empty name",
		"speaker = [\"a\\nb\"]":  "line 2: media.speaker has an empty name or one of several lines",
		`ring_all = "Headset"`:   "line 2: media.ring_all: it takes true or false",
		`microphone = ["", "a"]`: "line 2: media.microphone has an empty name",
	} {
		if _, err := Parse([]byte("[media]\n" + text + "\n")); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestPutDevices(t *testing.T) {
	for name, c := range map[string]struct {
		before string
		key    string
		list   Devices
		after  string
	}{
		"into nothing":       {"", "speaker", Devices{"a"}, "[media]\nspeaker = \"a\"\n"},
		"another table":      {"[sip]\nport = 5070", "speaker", Devices{"a"}, "[sip]\nport = 5070\n\n[media]\nspeaker = \"a\"\n"},
		"added":              {"[media] # sound\nsrtp = \"off\"\n", "ringer", Devices{"a", "b"}, "[media] # sound\nringer = [\"a\", \"b\"]\nsrtp = \"off\"\n"},
		"changed":            {"[media]\nspeaker = \"x\" # best\n[sip]\n", "speaker", Devices{"a"}, "[media]\nspeaker = \"a\" # best\n[sip]\n"},
		"list to one":        {"[media]\nspeaker = [ \"x # ]\", 'y' ] # best\n", "speaker", Devices{"a"}, "[media]\nspeaker = \"a\" # best\n"},
		"removed":            {"[media]\nspeaker = \"x\"\nmicrophone = \"m\"\n", "speaker", nil, "[media]\nmicrophone = \"m\"\n"},
		"removed, not there": {"[sip]\n", "speaker", nil, "[sip]\n"},
		"as it is":           {"[media]\nspeaker = [\n  \"a\",\n]\n", "speaker", Devices{"a"}, "[media]\nspeaker = [\n  \"a\",\n]\n"},
		"quotes":             {"[media]\n", "microphone", Devices{`The "good" one`}, "[media]\nmicrophone = \"The \\\"good\\\" one\"\n"},
		"Windows":            {"[media]\r\nsrtp = \"off\"\r\n", "speaker", Devices{"a"}, "[media]\r\nspeaker = \"a\"\r\nsrtp = \"off\"\r\n"},
	} {
		path := file(t, c.before)
		got, err := PutDevices(path, c.key, c.list)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != c.after {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		if back, err := Load(path); err != nil || !reflect.DeepEqual(back, got) {
			t.Errorf("%s: %+v, %v", name, back.Media, err)
		}
	}
	for name, c := range map[string]struct{ before, key, want string }{
		"several lines": {"[media]\nspeaker = [\n  \"x\",\n]\n", "speaker", "media.speaker is not written as one setting a line"},
		"inline table":  {"media = { speaker = \"x\" }\n", "speaker", "media.speaker is not written as one setting a line"},
		"no kind":       {"", "headphones", `"headphones" is no kind of device`},
		"wrong already": {"[media]\nspeaker = 7\n", "speaker", "were changed and are wrong now: line 2"},
	} {
		path := file(t, c.before)
		if _, err := PutDevices(path, c.key, Devices{"a"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != c.before {
			t.Errorf("%s: the file was changed: %q, %v", name, b, err)
		}
	}
}
