package number

import (
	"fmt"
	"slices"
	"strings"
)

// Rules are the organisation's settings. The zero value is a phone in the United States that asks before it calls abroad.
type Rules struct {
	// Region is where a number without a country code is read: ISO 3166-1 alpha-2. Empty: "US".
	Region string `toml:"region"`

	// Countries are the regions the organisation calls, beside its own. Empty: its own only. The United States, Canada and
	// the territories of the United States count as one another's own; the Caribbean countries behind +1 do not, because a
	// call there costs like one abroad.
	Countries []string `toml:"countries"`

	// Foreign says what happens to a number outside Countries: "confirm" asks, when a link wants it, and lets the agent type
	// it; "refuse" dials it for nobody. Empty: "confirm".
	Foreign string `toml:"foreign"`

	// Confirm says when a link asks before it dials: "always"; "foreign", for all numbers that are not of the own region and
	// for extensions known by their length only; "never", for no number inside Countries. Empty: "foreign". Numbers outside
	// Countries, shared-cost numbers and numbers that look mistaken ask whatever it says.
	Confirm string `toml:"confirm"`

	// ExtensionMin and ExtensionMax are the lengths of an extension, 2 to 6 digits. 0: 2 and 6. Such digits are an extension
	// before they are anything else; from a stranger not if they begin with 0.
	ExtensionMin int `toml:"extension_min"`
	ExtensionMax int `toml:"extension_max"`

	// Extensions lists the extensions, as "1001" or "100-199", 2 to 9 digits each. If it has any, the lengths do not count.
	Extensions []string `toml:"extensions"`

	// Plan is tried from the top; the first step that matches decides, and no other is applied after it. What no step
	// matches is dialled in E.164 with its +, and an extension as it is. Emergency numbers, codes and addresses never go
	// through the plan.
	Plan []Step `toml:"plan"`
}

// Step is one line of the dial plan.
type Step struct {
	// Match is "extension"; "national", a number with the own calling code, in its national digits with the trunk prefix if
	// the country has one; "international", any other number, as + and digits; "+49" or "+", every number that begins so in
	// E.164; "0800", every number with the own calling code whose national digits begin so.
	Match string `toml:"match"`
	// Strip takes so many characters away at the front, the + counting as one. 0 to 15.
	Strip int `toml:"strip"`
	// Replace stands in for what Match names literally, at most 8 digits with or without a +.
	Replace string `toml:"replace"`
	// Prefix is put in front last, at most 8 digits with or without a +.
	Prefix string `toml:"prefix"`
}

func (r Rules) filled() Rules {
	def := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	r.Region = strings.ToUpper(r.Region)
	def(&r.Region, "US")
	def(&r.Foreign, "confirm")
	def(&r.Confirm, "foreign")
	if r.ExtensionMin == 0 {
		r.ExtensionMin = minExtension
	}
	if r.ExtensionMax == 0 {
		r.ExtensionMax = maxExtension
	}
	return r
}

// The bounds of an extension known by its length only, and of a listed one, in digits.
const (
	minExtension = 2
	maxExtension = 6
	maxListed    = 9
)

// Check names the first wrong field in one sentence that says what to write.
func (r Rules) Check() error {
	f := r.filled()
	if !isRegion(f.Region) {
		return fmt.Errorf("region is %q: use two letters such as US or DE", r.Region)
	}
	for _, c := range r.Countries {
		if !isRegion(strings.ToUpper(c)) {
			return fmt.Errorf("countries has %q: use two letters such as US or DE", c)
		}
	}
	if !slices.Contains([]string{"confirm", "refuse"}, f.Foreign) {
		return fmt.Errorf("foreign is %q: use confirm or refuse", r.Foreign)
	}
	if !slices.Contains([]string{"always", "foreign", "never"}, f.Confirm) {
		return fmt.Errorf("confirm is %q: use always, foreign or never", r.Confirm)
	}
	if f.ExtensionMin < minExtension || f.ExtensionMin > maxExtension {
		return fmt.Errorf("extension_min is %d: use %d to %d digits", r.ExtensionMin, minExtension, maxExtension)
	}
	if f.ExtensionMax < f.ExtensionMin || f.ExtensionMax > maxExtension {
		return fmt.Errorf("extension_max is %d: use %d to %d digits", r.ExtensionMax, f.ExtensionMin, maxExtension)
	}
	for _, e := range r.Extensions {
		if _, _, ok := span(e); !ok {
			return fmt.Errorf("extensions has %q: write 1001, or 100-199 with as many digits on both sides", e)
		}
	}
	for i, s := range r.Plan {
		if wrong := s.check(); wrong != "" {
			return fmt.Errorf("step %d of plan: %s", i+1, wrong)
		}
	}
	return nil
}

func (s Step) check() string {
	if !s.named() && !isPart(s.Match) && s.Match != "+" {
		return fmt.Sprintf("match is %q: use national, international, extension, + and a country code, or leading digits", s.Match)
	}
	if s.Replace != "" && (!isPart(s.Replace) || s.named()) {
		return fmt.Sprintf("replace is %q: use at most 8 digits, and only if match is + or digits", s.Replace)
	}
	if s.Prefix != "" && !isPart(s.Prefix) {
		return fmt.Sprintf("prefix is %q: use at most 8 digits, with or without a +", s.Prefix)
	}
	if s.Strip < 0 || s.Strip > 15 {
		return fmt.Sprintf("strip is %d: use 0 to 15", s.Strip)
	}
	if s.Strip > 0 && s.Replace != "" {
		return "strip and replace are both there: use one of them"
	}
	if s.Match == "extension" && strings.HasPrefix(s.Prefix, "+") {
		return fmt.Sprintf("prefix is %q: an extension has no country, so no + stands before it", s.Prefix)
	}
	plus := strings.HasPrefix(s.Match, "+") || s.Match == "international"
	if s.Prefix != "" && (plus && s.Strip == 0 && s.Replace == "" || strings.HasPrefix(s.Replace, "+")) {
		return "the prefix would stand before a +: take the + away with strip = 1"
	}
	return ""
}

// named reports whether Match is a word and not the beginning of a number.
func (s Step) named() bool {
	return s.Match == "national" || s.Match == "international" || s.Match == "extension"
}

// maxPart bounds what a step writes, in digits.
const maxPart = 8

// isPart accepts 1 to 8 digits with or without a +.
func isPart(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return len(digits) >= 1 && len(digits) <= maxPart && allDigits(digits)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// span reads "1001" or "100-199". Both ends have the same length, so that comparing text compares numbers.
func span(s string) (low, high string, ok bool) {
	low, high, both := strings.Cut(strings.ReplaceAll(s, " ", ""), "-")
	if !both {
		high = low
	}
	ok = allDigits(low) && allDigits(high) && len(low) == len(high) && low <= high && len(low) >= minExtension && len(low) <= maxListed
	return low, high, ok
}

// listed reports whether the organisation names these digits as one of its extensions.
func (r Rules) listed(digits string) bool {
	for _, e := range r.Extensions {
		if low, high, ok := span(e); ok && len(digits) == len(low) && low <= digits && digits <= high {
			return true
		}
	}
	return false
}

// isExtension reports whether digits are an extension. A stranger's must not begin with 0: that is how an exchange is told
// to leave the house.
func (d desk) isExtension(digits string) bool {
	if len(d.rules.Extensions) > 0 {
		return d.rules.listed(digits)
	}
	return allDigits(digits) && len(digits) >= d.rules.ExtensionMin && len(digits) <= d.rules.ExtensionMax &&
		(d.agent() || digits[0] != '0')
}
