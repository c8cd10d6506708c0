package number

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// standing says how much the published numbering plans know of a number.
type standing int

const (
	local    standing = iota // a subscriber's number without its area code
	possible                 // as long as the country's numbers are, but in no published range
	valid                    // in a published range
)

// sort is what a number costs or reaches.
type sort int

const (
	plain     sort = iota
	premium        // premium rate
	shared         // shared cost
	personal       // personal numbering, pagers, mailboxes
	satellite      // satellite and international networks
)

// line is a number of the public network, found in the numbering plans.
type line struct {
	number       *phonenumbers.PhoneNumber
	e164         string // empty if local
	national     string // as dialled inside its country, digits only
	nationalForm string
	region       string
	standing     standing
	sort         sort
	home         bool // it rings in the own region
	ownCode      bool // it has the own calling code
	allowed      bool // it is at home or in the allowed countries
	free         bool // the caller pays nothing
	guessed      bool // nothing in the text says that it is international
}

// callingCode is the digits behind the + of a region's numbers, or "0" for no region.
func callingCode(region string) string {
	return strconv.Itoa(phonenumbers.GetCountryCodeForRegion(region))
}

func isRegion(region string) bool { return phonenumbers.GetCountryCodeForRegion(region) != 0 }

// maxDialled bounds digits before they are looked up: 15 of E.164 and the longest international prefix.
const maxDialled = 20

// international is the form people read abroad.
func (l line) international() string {
	return phonenumbers.Format(l.number, phonenumbers.INTERNATIONAL)
}

// find looks digits up: as they stand first, then as people abroad write them. A published number wins over a possible one.
func find(digits, zeroless string, r Rules) (line, bool) {
	var best line
	found := false
	for _, c := range candidates(digits, zeroless) {
		n, err := phonenumbers.Parse(c.digits, r.Region)
		if err != nil {
			continue
		}
		l, ok := describe(n, c.digits, r)
		if !ok || c.guessed && l.standing != valid || found && l.standing <= best.standing {
			continue
		}
		l.guessed = c.guessed
		best, found = l, true
		if l.standing == valid {
			break
		}
	}
	return best, found
}

type candidate struct {
	digits  string
	guessed bool
}

func candidates(digits, zeroless string) []candidate {
	out := []candidate{{digits, false}}
	if zeroless != "" {
		out = append(out, candidate{zeroless, false})
	}
	for _, d := range []string{digits, zeroless} {
		for _, prefix := range []string{"+00", "00", "011"} {
			if rest, ok := strings.CutPrefix(d, prefix); ok && rest != "" {
				out = append(out, candidate{"+" + rest, false})
			}
		}
	}
	if len(digits) >= 11 && digits[0] != '+' && digits[0] != '0' {
		out = append(out, candidate{"+" + digits, true})
	}
	return out
}

func describe(n *phonenumbers.PhoneNumber, digits string, r Rules) (line, bool) {
	l := line{
		e164:         phonenumbers.Format(n, phonenumbers.E164),
		nationalForm: phonenumbers.Format(n, phonenumbers.NATIONAL),
		number:       n,
		ownCode:      int(n.GetCountryCode()) == phonenumbers.GetCountryCodeForRegion(r.Region),
	}
	l.national = strings.Map(keepDigit, l.nationalForm)
	reason := phonenumbers.IsPossibleNumberWithReason(n)
	short := reason == phonenumbers.IS_POSSIBLE_LOCAL_ONLY
	switch {
	case short && digits[0] != '+' && l.ownCode && !phonenumbers.IsValidNumberForRegion(n, r.Region):
		l.e164, l.national = "", digits
		return l, true
	case phonenumbers.IsValidNumber(n):
		l.standing = valid
	case reason == phonenumbers.IS_POSSIBLE && isSettled(l.e164):
		l.standing = possible
	default:
		return line{}, false
	}
	if !grammatical(l.e164) {
		return line{}, false
	}
	l.sort = sortOf(n, l.e164)
	if l.standing != valid && l.sort == plain {
		l.sort = neighbour(n)
	}
	l.free = phonenumbers.GetNumberType(n) == phonenumbers.TOLL_FREE
	l.place(n, r)
	return l, true
}

// isSettled reports whether an E.164 form is read as itself. Outside the published ranges a leading digit may be taken for a
// trunk prefix a second time.
func isSettled(e164 string) bool {
	n, err := phonenumbers.Parse(e164, "")
	return err == nil && phonenumbers.Format(n, phonenumbers.E164) == e164
}

func keepDigit(r rune) rune {
	if isDigit(r) {
		return r
	}
	return -1
}

// place says where a number rings and whether the organisation calls there.
func (l *line) place(n *phonenumbers.PhoneNumber, r Rules) {
	home := homeOf(r.Region)
	if l.standing != valid {
		l.region = phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
		l.home = l.ownCode
		l.allowed = l.home || slices.ContainsFunc(r.Countries, func(c string) bool { return strings.EqualFold(c, l.region) })
		return
	}
	l.region = phonenumbers.GetRegionCodeForNumber(n)
	within := func(c string) bool { return phonenumbers.IsValidNumberForRegion(n, strings.ToUpper(c)) }
	l.home = slices.ContainsFunc(home, within)
	l.allowed = l.home || slices.ContainsFunc(r.Countries, within)
}

// homeOf is the regions a call costs nothing unusual to. Of those behind +1 only the United States, their territories and
// Canada belong together.
func homeOf(region string) []string {
	america := []string{"US", "CA", "PR", "VI", "GU", "AS", "MP"}
	if slices.Contains(america, region) {
		return america
	}
	return []string{region}
}

// networks are the country codes of satellite and international networks, of universal personal numbers and those kept
// for later, without the + (ITU-T E.164, list of assigned country codes).
func networks() []string {
	return []string{"87", "881", "882", "883", "884", "885", "887", "888", "889", "878", "879", "969", "979", "991", "999"}
}

func isNetwork(digits string) bool {
	return slices.ContainsFunc(networks(), func(n string) bool { return strings.HasPrefix(digits, n) })
}

func sortOf(n *phonenumbers.PhoneNumber, e164 string) sort {
	switch {
	case isNetwork(e164[1:]):
		return satellite
	case strings.HasPrefix(e164, "+1900"), strings.HasPrefix(e164, "+1976"), len(e164) == 12 && e164[:2] == "+1" && e164[5:8] == "976":
		return premium // also where the published ranges are silent: 900, and the 976 exchange of every area code
	case strings.HasPrefix(e164, "+808"):
		return shared
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.PREMIUM_RATE:
		return premium
	case phonenumbers.SHARED_COST:
		return shared
	case phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER, phonenumbers.VOICEMAIL:
		return personal
	}
	return plain
}

// neighbour judges an unpublished number by its first three digits: a block that is dear as far as it is published is taken
// to be dear as a whole.
func neighbour(n *phonenumbers.PhoneNumber) sort {
	const block = 3
	region := phonenumbers.GetRegionCodeForCountryCode(int(n.GetCountryCode()))
	digits := phonenumbers.GetNationalSignificantNumber(n)
	like := func(t phonenumbers.PhoneNumberType) bool {
		example := phonenumbers.GetExampleNumberForType(region, t)
		if example == nil {
			return false
		}
		known := phonenumbers.GetNationalSignificantNumber(example)
		return len(known) >= block && strings.HasPrefix(digits, known[:block])
	}
	switch {
	case like(phonenumbers.PREMIUM_RATE):
		return premium
	case like(phonenumbers.PERSONAL_NUMBER):
		return personal
	}
	return plain
}

// reachesEmergency reports whether digits, dialled in a region, are an emergency number, or begin with one where the
// network listens no further.
func reachesEmergency(digits, region string) bool {
	return phonenumbers.ConnectsToEmergencyNumber(digits, region)
}

func isRegionEmergency(digits, region string) bool {
	return phonenumbers.IsEmergencyNumber(digits, region)
}

// paidShort reports whether digits are a short number of the public network that costs extra. North America's short codes
// take messages only.
func paidShort(digits, region string) bool {
	code := phonenumbers.GetCountryCodeForRegion(region)
	if code == phonenumbers.NANPA_COUNTRY_CODE {
		return false
	}
	if strings.HasPrefix(digits, "118") && len(digits) >= 5 { // directory enquiries all over Europe
		return true
	}
	all, err := phonenumbers.ShortNumberMetadataCollection()
	if err != nil {
		return true
	}
	for _, m := range all.GetMetadata() {
		if m.GetId() != region {
			continue
		}
		d := m.GetPremiumRate()
		long := slices.Contains(d.GetPossibleLength(), int32(len(digits))) || len(d.GetPossibleLength()) == 0
		return long && phonenumbers.MatchNationalNumber(digits, d, false)
	}
	return false
}
