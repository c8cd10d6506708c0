package number

import (
	"slices"
	"strings"
)

// judge refuses what the writer may not dial and asks about what may be a mistake or cost more.
func (d desk) judge(n *Number, l line) error {
	if code := forbidden(l); code != "" && !d.agent() {
		return refuse(code)
	}
	if l.standing != valid && !d.agent() && reachesEmergency(strings.TrimPrefix(l.national, "+"), d.rules.Region) {
		return refuse(CodeEmergency)
	}
	if !l.allowed && l.standing != local && d.rules.Foreign == "refuse" {
		return refuse(CodeCountry)
	}
	if l.standing == local {
		if !d.agent() {
			return refuse(CodeNoAreaCode)
		}
		n.ask(askLocal)
		return nil
	}
	if l.standing == possible && !d.agent() && !l.home {
		return refuse(CodeUnassigned)
	}
	d.questions(n, l)
	return nil
}

func forbidden(l line) Code {
	switch l.sort {
	case premium:
		return CodePremium
	case personal:
		return CodePersonal
	case satellite:
		return CodeSatellite
	}
	return ""
}

// questions are asked in the order of what a mistake would cost; the first one is put.
func (d desk) questions(n *Number, l line) {
	switch l.sort {
	case premium:
		n.ask(askPremium)
	case personal:
		n.ask(askPersonal)
	case satellite:
		n.ask(askSatellite)
	case shared:
		n.ask(askShared)
	}
	if l.standing == possible {
		n.ask(askUnassigned)
	}
	if l.guessed {
		n.ask(askGuessed)
	}
	if d.agent() {
		return // typing it and pressing the button is the answer to the rest
	}
	if !l.allowed {
		n.ask(askOutside)
	}
	if !l.home && d.rules.Confirm == "foreign" {
		n.ask(askForeign)
	}
	if d.rules.Confirm == "always" {
		n.ask(askAlways)
	}
}

// guard looks at what the plan made: whatever it adds or takes away, nothing forbidden may leave the house. typed is what
// stood in the text.
func (d desk) guard(n Number, typed string) error {
	digits := strings.TrimPrefix(n.Dial, "+")
	if d.agent() {
		if d.ownEmergency(digits) && digits != typed {
			return refuse(CodePlan)
		}
		return nil
	}
	if d.emergency(n.Dial) {
		return refuse(CodeEmergency)
	}
	if n.Kind == Extension && n.Dial == typed {
		return nil
	}
	if n.Kind == External && n.Dial == digits && reachesEmergency(digits, d.rules.Region) {
		return refuse(CodeEmergency)
	}
	if n.Dial == n.E164 {
		return nil // judged already
	}
	return d.guardCost(n.Dial)
}

// guardCost reads what the PBX will hear: with the digits for an outside line, and without.
func (d desk) guardCost(dial string) error {
	for _, heard := range append([]string{dial}, d.withoutPlan(dial)...) {
		for _, abroad := range []string{"+", "00", "011", "0011"} {
			if rest, ok := strings.CutPrefix(heard, abroad); ok && isNetwork(rest) {
				return refuse(CodeSatellite)
			}
		}
		l, found := find(heard, "", d.rules)
		if found && (l.standing == valid || heard[0] == '+') && !l.guessed && forbidden(l) != "" {
			return refuse(forbidden(l))
		}
	}
	return nil
}

// withoutPlan is what is left of a number when what a step puts in front is taken away again.
func (d desk) withoutPlan(dial string) []string {
	var out []string
	for _, s := range d.rules.Plan {
		for _, added := range []string{s.Prefix, s.Prefix + s.Replace, s.Replace} {
			if rest, ok := strings.CutPrefix(dial, added); ok && added != "" && rest != "" {
				out = append(out, rest)
			}
		}
	}
	return out
}

// emergencies are refused from a stranger in every region. Sources: ITU-T E.129, national numbering plans, and the short
// numbers of libphonenumber; the two-digit ones and those that are everyday extensions elsewhere count in their own region
// only.
func emergencies() []string {
	return []string{
		"000", "110", "111", "112", "113", "115", "117", "118", "119", "122", "190", "191", "192", "193", "194", "197", "199",
		"911", "995", "999",
	}
}

// ownEmergency is what an agent may dial as an emergency number: those of the own region, and the two that every mobile
// network knows (3GPP TS 22.101, 10.1.1).
func (d desk) ownEmergency(digits string) bool {
	return digits == "112" || digits == "911" || isRegionEmergency(digits, d.rules.Region)
}

// emergency reports whether digits are an emergency number, or one behind something that an exchange takes away: an
// outside line, a trunk or international prefix, the own country code, or what the plan puts in front.
func (d desk) emergency(digits string) bool {
	const layers = 3
	digits = strings.TrimPrefix(digits, "+")
	return slices.Contains(emergencies(), digits) || d.behindPrefixes(digits, d.accessCodes(), layers)
}

func (d desk) accessCodes() []string {
	out := []string{"0", "00", "9", "011", "0011", callingCode(d.rules.Region)}
	for _, s := range d.rules.Plan {
		for _, added := range []string{s.Prefix, s.Replace} {
			if added = strings.TrimPrefix(added, "+"); added != "" {
				out = append(out, added)
			}
		}
	}
	return out
}

// behindPrefixes takes up to so many layers of prefixes away. Emergency numbers of two digits count behind none: too much
// ends in 15 or 17.
func (d desk) behindPrefixes(digits string, prefixes []string, layers int) bool {
	const longest = 20 // of what can be an emergency number behind three prefixes
	if digits == "999" || d.ownEmergency(digits) {
		return true
	}
	if layers == 0 || len(digits) > longest {
		return false
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(digits, p); ok && len(rest) >= 3 && d.behindPrefixes(rest, prefixes, layers-1) {
			return true
		}
	}
	return false
}
