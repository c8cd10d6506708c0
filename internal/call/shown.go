package call

import (
	"fmt"
	"strings"
)

// Shown is the party as every front end writes it: the name, empty when it says no more than the number does, and the
// number in the form people read, or the URI when there is no number. Both are safe to draw; see Plain.
func (p Party) Shown() (name, number string) {
	if p.Name != p.Number {
		name = Plain(p.Name)
	}
	if number = FormatNumber(Plain(p.Number)); number == "" {
		number = Plain(p.URI)
	}
	return name, number
}

// Detour says whom the caller of a forwarded call dialled, or whom a call of ours was sent to instead: "for Sales", "sent to
// (202) 555-0123"; empty for a call that went straight. It is safe to draw.
func (c Call) Detour() string {
	word, p := "for ", c.Diverted
	if c.Direction == Outgoing {
		word, p = "sent to ", c.SentTo
	}
	name, number := p.Shown()
	switch {
	case name != "":
		return word + name
	case number != "":
		return word + number
	}
	return ""
}

// FormatNumber writes a North American number as people do there and leaves every other as it is.
func FormatNumber(number string) string {
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

// clip bounds what a sentence repeats of somebody's text, to 40 characters.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
