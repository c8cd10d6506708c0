package ui

import (
	"fmt"
	"strings"
	"time"

	"sidetone/internal/call"
)

// unknownCaller stands where a name would.
const unknownCaller = "Unknown caller"

// who is a party on two lines: name and number, or the number alone first.
func who(p call.Party) (first, second string) {
	name, number := p.Shown()
	switch {
	case name != "":
		return name, number
	case number != "":
		return number, ""
	}
	return unknownCaller, ""
}

// stopwatch is a running time: 03:27, and 1:03:27 from an hour on.
func stopwatch(d time.Duration) string {
	s := int(d.Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}

// short is a running time without the leading zero: 0:42.
func short(d time.Duration) string { return strings.TrimPrefix(stopwatch(d), "0") }

// inWords is a finished time: "22 seconds", "6 min 40 s".
func inWords(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	switch {
	case s == 1:
		return "1 second"
	case s < 60:
		return fmt.Sprintf("%d seconds", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s/60%60)
}
