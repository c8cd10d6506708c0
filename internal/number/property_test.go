package number

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// grammar is written a second time, as the threat model has it.
func grammar() *regexp.Regexp { return regexp.MustCompile(`^\+?[0-9]{2,15}$`) }

// dialled leaves the plan room for the digits in front.
func dialled() *regexp.Regexp { return regexp.MustCompile(`^(\+[0-9]{2,15}|[0-9]{2,23})$`) }

func codeGrammar() *regexp.Regexp { return regexp.MustCompile(`^[0-9*#]{2,32}$`) }

// settings are rules an organisation could have.
func settings() []Rules {
	return []Rules{
		{},
		{Region: "DE", Foreign: "refuse", Countries: []string{"AT", "CH"}},
		{Region: "GB", Confirm: "never", Countries: []string{"US", "IE"}, Plan: []Step{
			{Match: "national", Prefix: "9"},
			{Match: "international", Strip: 1, Prefix: "900"},
		}},
		{Region: "US", Confirm: "always", Extensions: []string{"100-199", "8001000-8001999"}, Plan: []Step{
			{Match: "+1", Strip: 2, Prefix: "9"},
			{Match: "+", Replace: "9011"},
			{Match: "extension", Prefix: "7"},
		}},
		{Region: "IT", ExtensionMin: 3, ExtensionMax: 4, Plan: []Step{{Match: "+39", Replace: "0"}, {Match: "+44", Strip: 4, Prefix: "+8"}}},
		{Region: "FR", Plan: []Step{{Match: "extension", Prefix: "9"}, {Match: "national", Strip: 1}, {Match: "international", Strip: 2}}},
		{Region: "AU", Plan: []Step{{Match: "04", Replace: "+614"}, {Match: "+6113", Strip: 3}}},
		{Region: "BR", Plan: []Step{{Match: "national", Prefix: "0"}}},
		{Region: "IN", Plan: []Step{{Match: "+91", Strip: 3}, {Match: "+", Strip: 1, Prefix: "00"}}},
	}
}

// hold checks everything that Read promises about one text.
func hold(t *testing.T, text string, origin Origin, r Rules) {
	t.Helper()
	n, err := Read(text, origin, r)
	if len([]rune(n.Written)) > maxWritten {
		t.Fatalf("Read(%q): %d characters are remembered", text, len(n.Written))
	}
	if err != nil {
		var why *Refusal
		if !errors.As(err, &why) || why.Code == "" || !strings.HasSuffix(why.Text, ".") {
			t.Fatalf("Read(%q): %#v is no refusal with a code and a sentence", text, err)
		}
		if n != (Number{Written: n.Written}) {
			t.Fatalf("Read(%q) is refused and still says %+v", text, n)
		}
		return
	}
	if n.Confirm != (n.Why != "") {
		t.Fatalf("Read(%q): confirm %v, why %q", text, n.Confirm, n.Why)
	}
	if len(n.PostDial) > maxPostDial || !allDigits(n.PostDial) {
		t.Fatalf("Read(%q): post-dial digits %q", text, n.PostDial)
	}
	inGrammar(t, text, origin, r.Plan, n)
	again(t, text, n.Shown, origin, r, n)
	again(t, text, n.E164, origin, r, n)
	if origin != Agent {
		harmless(t, text, n, r)
	}
}

func inGrammar(t *testing.T, text string, origin Origin, plan []Step, n Number) {
	t.Helper()
	ok := grammar().MatchString(n.Dial) || len(plan) > 0 && dialled().MatchString(n.Dial)
	switch n.Kind {
	case Feature:
		ok = codeGrammar().MatchString(n.Dial) && origin == Agent
	case Address:
		ok = strings.HasPrefix(n.Dial, "sip") && !strings.ContainsAny(n.Dial, " ;?<>\"\r\n\t,") && origin == Agent
	case Emergency:
		ok = ok && origin == Agent
	}
	if !ok {
		t.Fatalf("Read(%q) dials %q as %s", text, n.Dial, n.Kind)
	}
	if n.E164 != "" && (n.E164[0] != '+' || !grammar().MatchString(n.E164)) {
		t.Fatalf("Read(%q) has the E.164 form %q", text, n.E164)
	}
}

func again(t *testing.T, text, form string, origin Origin, r Rules, n Number) {
	t.Helper()
	if form == "" {
		return
	}
	m, err := Read(form, origin, r)
	if err != nil || m.Dial != n.Dial || m.Kind != n.Kind || m.E164 != n.E164 {
		t.Fatalf("region %s: Read(%q) dials %q as %s, but its form %q dials %q as %s: %v", r.Region, text, n.Dial, n.Kind, form, m.Dial, m.Kind, err)
	}
}

// harmless looks at what a stranger had dialled with rules of its own, not with those of the package.
func harmless(t *testing.T, text string, n Number, r Rules) {
	t.Helper()
	region := r.filled().Region
	code := callingCode(region)
	for _, e := range []string{"112", "911", "999", "000", "110", "118", "119", "190"} {
		if n.Dial == e || n.Dial == "+"+e {
			t.Fatalf("Read(%q) dials %q for a stranger", text, n.Dial)
		}
	}
	for _, e := range []string{"112", "911", "999"} {
		for _, p := range []string{"0", "9", "00", "+" + code, "+"} {
			if n.Dial == p+e {
				t.Fatalf("Read(%q) dials %q for a stranger", text, n.Dial)
			}
		}
	}
	if phonenumbers.IsEmergencyNumber(n.Dial, region) {
		t.Fatalf("Read(%q) dials the emergency number %q for a stranger", text, n.Dial)
	}
	for _, p := range []string{"+870", "+878", "+881", "+882", "+883", "+979", "+1900", "+4470", "+49900", "00870", "00881", "011870"} {
		if strings.HasPrefix(n.Dial, p) {
			t.Fatalf("Read(%q) dials %q for a stranger", text, n.Dial)
		}
	}
	if n.Kind == Extension {
		return
	}
	p, err := phonenumbers.Parse(n.E164, "")
	if n.Kind != External || err != nil {
		t.Fatalf("Read(%q) is a %s with %q for a stranger", text, n.Kind, n.E164)
	}
	bad := []phonenumbers.PhoneNumberType{phonenumbers.PREMIUM_RATE, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER}
	if slices.Contains(bad, phonenumbers.GetNumberType(p)) {
		t.Fatalf("Read(%q) is %s for a stranger", text, n.E164)
	}
}

func TestSettings(t *testing.T) {
	for _, r := range settings() {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestAnything(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("0123456789012345678901234567890123456789++++    ..--//()()*#,;:@&|\nxeXtEXT=ABCabcsip%2B\u00a0\u202d\u202e\u0660\u0661\uff11\uff0b\u2013\u0000é")
	for range 1500 {
		text := make([]rune, 1+rnd.IntN(24))
		for i := range text {
			text[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		for _, r := range settings() {
			if rnd.IntN(3) == 0 {
				hold(t, string(text), Origin(rnd.IntN(2)), r)
			}
		}
	}
}

func TestRandomDigits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	rules := settings()
	starts := []string{"", "", "+", "00", "011", "0", "9", "9011", "+1", "+44", "+49", "+39", "+33", "+61", "+91", "112", "911", "999", "+870", "+979", "900"}
	for range 800 {
		text := starts[rnd.IntN(len(starts))]
		for range 1 + rnd.IntN(14) {
			text += string(rune('0' + rnd.IntN(10)))
		}
		hold(t, text, Origin(rnd.IntN(2)), rules[rnd.IntN(len(rules))])
	}
}

// Every region's example of every sort of number, read at home and abroad.
func TestExamplesOfTheWorld(t *testing.T) {
	count := 0
	for region := range phonenumbers.GetSupportedRegions() {
		for sort := phonenumbers.FIXED_LINE; sort < phonenumbers.UNKNOWN; sort++ {
			n := phonenumbers.GetExampleNumberForType(region, sort)
			if n == nil {
				continue
			}
			count++
			hold(t, phonenumbers.Format(n, phonenumbers.NATIONAL), Origin(count%2), Rules{Region: region})
			hold(t, phonenumbers.Format(n, phonenumbers.E164), Stranger, Rules{Region: "US"})
			sure(t, n, region)
		}
	}
	if count < 1000 {
		t.Errorf("only %d examples", count)
	}
}

// sure checks that an agent who types a published number reaches it.
func sure(t *testing.T, n *phonenumbers.PhoneNumber, region string) {
	t.Helper()
	want := phonenumbers.Format(n, phonenumbers.E164)
	got, err := Read(want, Agent, Rules{Region: region})
	if err != nil || got.Dial != want {
		t.Errorf("region %s: %s dials %q: %v", region, want, got.Dial, err)
	}
}

func TestPlansStayInTheGrammar(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	pick := func(of ...string) string { return of[rnd.IntN(len(of))] }
	made := 0
	for range 1500 {
		s := Step{
			Match:   pick("extension", "national", "international", "+", "+49", "+1", "0", "030", "20", "+8", ""),
			Strip:   rnd.IntN(18) - 1,
			Replace: pick("", "", "", "9", "011", "+", "+870", "1234567890", "*9", "911"),
			Prefix:  pick("", "", "9", "00", "+", "+49", "+870", "9;", "11", "91"),
		}
		r := Rules{Region: pick("US", "DE", "FR"), Plan: []Step{s}}
		if r.Check() != nil {
			continue
		}
		made++
		text := pick("2025550142", "+493023125000", "030 23125000", "11", "1001", "+442079460018", "01 99 00 12 34", "870555", "9001555014")
		for _, origin := range []Origin{Stranger, Agent} {
			n, err := Read(text, origin, r)
			if err != nil {
				continue
			}
			if n.Kind != Emergency && (origin == Agent && phonenumbers.IsEmergencyNumber(n.Dial, r.Region)) {
				t.Fatalf("%+v makes the emergency number %q of %q", s, n.Dial, text)
			}
			hold(t, text, origin, r)
		}
	}
	if made < 90 {
		t.Errorf("only %d plans passed Check", made)
	}
}

func TestDigitsOfEveryScript(t *testing.T) {
	before, value := rune(-1), rune(-1)
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.Is(unicode.Nd, r) {
			continue
		}
		f, keep, ok := foldRune(r)
		if !keep || !ok || !isDigit(f) {
			t.Errorf("%U is read as %q", r, f)
		}
		if want := phonenumbers.NormalizeDigitsOnly(string(r)); strings.Trim(want, "0123456789") == "" && string(f) != want {
			t.Errorf("%U is read as %q, the library says %q", r, f, want)
		}
		if r == before+1 && f != '0'+(value-'0'+1)%10 || r != before+1 && f != '0' {
			t.Errorf("%U is read as %q after %q", r, f, value)
		}
		before, value = r, f
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"(202) 555-0142", "tel:+1-202-555-0142;ext=12", "+49 (0)30 23125 000", "1-800-FLOWERS", "sip:1001@pbx.example.com", "*97", "911",
		"Tel. 030 / 23125 000", "\u202d+44 20 7946 0018\u202c", "0049 30 23125000", "(0xx11) 5555-0142", "1001", "+870 776 555 014",
		"202-555-0142, 202-555-0143", "callto:%2B12025550142", "\uff10\uff12\uff10 \uff17\uff19\uff14\uff16 0018", "+++", "((((1", "", "00000#0(", "00000#0-",
	} {
		for i := range settings() {
			f.Add(s, uint8(i*2))
			f.Add(s, uint8(i*2+1))
		}
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		rules := settings()
		hold(t, text, Origin(which%2), rules[int(which/2)%len(rules)])
	})
}

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"national", "(202) 555-0142"}, {"international", "tel:+49-30-23125-000"}, {"extension", "1001"}, {"vanity", "1-800-FLOWERS"},
		{"two", "202-555-0142 / 202-555-0143"}, {"refused", "see https://example.com/2025550142"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Read(c.text, Stranger, Rules{})
			}
		})
	}
}
