package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"sidetone/internal/call"
)

// who is a party on two lines: name and number, or the number alone first.
func who(p call.Party) (first, second string) {
	name, number := clean(p.Name), pretty(clean(p.Number))
	switch {
	case name != "" && name != p.Number:
		return name, number
	case number != "":
		return number, ""
	case p.URI != "":
		return clean(p.URI), ""
	}
	return "Unknown caller", ""
}

// clean makes a stranger's text safe to draw: no control characters, no direction overrides, at most 80 runes.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 80 {
		return string(r[:80])
	}
	return strings.TrimSpace(s)
}

// pretty writes a North American number as people do there and leaves every other as it is.
func pretty(number string) string {
	digits := strings.TrimPrefix(number, "+")
	if strings.Trim(digits, "0123456789") != "" {
		return number
	}
	if len(digits) == 11 && digits[0] == '1' {
		digits = digits[1:]
	} else if number != digits {
		return number
	}
	if len(digits) != 10 || digits[0] < '2' {
		return number
	}
	return fmt.Sprintf("(%s) %s-%s", digits[:3], digits[3:6], digits[6:])
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
