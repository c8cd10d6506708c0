package config

import (
	"strings"
	"testing"
	"time"
)

func TestWrapUpTimes(t *testing.T) {
	usual, err := WrapUp{}.Times()
	if want := (WrapUpTimes{Incoming: 30 * time.Second, Outgoing: 30 * time.Second, Longest: 10 * time.Minute}); err != nil || usual != want {
		t.Errorf("%+v, %v", usual, err)
	}
	c, err := Parse([]byte("[wrap_up]\nincoming = \"2m\"\noutgoing = \"off\"\nmissed = \"5s\"\nlongest = \"1h\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.WrapUp.Times()
	if want := (WrapUpTimes{Incoming: 2 * time.Minute, Missed: 5 * time.Second, Longest: time.Hour}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWrapUpPastTheLongest: a time that could never be reached is a mistake.
func TestWrapUpPastTheLongest(t *testing.T) {
	for text, want := range map[string]string{
		"incoming = \"2h\"":                  "line 2: wrap_up.incoming is 2h, more than wrap_up.longest, which is 10m: shorten it, or raise longest",
		"longest = \"20s\"":                  "line 2: wrap_up.incoming is 30s, more than wrap_up.longest, which is 20s: shorten it, or raise longest",
		"longest = \"1m\"\nmissed = \"61s\"": "line 3: wrap_up.missed is 61s, more than wrap_up.longest, which is 1m: shorten it, or raise longest",
		"incoming = 30":                      "line 2: wrap_up.incoming: it takes a time with its unit in quotes, such as \"30s\" or \"2m\", not a whole number. Mend or remove the line",
	} {
		if _, err := Parse([]byte("[wrap_up]\n" + text + "\n")); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWrapUpMistakesAreNamed(t *testing.T) {
	for text, line := range map[string]string{
		"incoming = \"30\"": "line 2", "\nmissed = \"soon\"": "line 3", "failed = \"-3s\"": "line 2", "declined = \"3h\"": "line 2",
		"longest = \"off\"": "line 2", "outgoing = \"1ms\"": "line 2",
	} {
		_, err := Parse([]byte("[wrap_up]\n" + text + "\n"))
		if err == nil || !strings.HasPrefix(err.Error(), line+": wrap_up.") || !strings.Contains(err.Error(), "write it as 30s") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
