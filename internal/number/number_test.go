package number

import (
	"errors"
	"strings"
	"testing"
)

// reading is a text and what becomes of it. Numbers outside North America are those that regulators keep for drama where
// they do (BNetzA, Ofcom, ARCEP, ACMA), and elsewhere ones built round 555 01.
type reading struct {
	region, text, stranger, agent string
}

// A result is written "dial", "dial?" if it asks first, "dial+post" with digits behind it as "dial post 12", or "!code".
func result(n Number, err error) string {
	var r *Refusal
	if errors.As(err, &r) {
		return "!" + string(r.Code)
	}
	out := n.Dial
	if n.PostDial != "" {
		out += " post " + n.PostDial
	}
	if n.Confirm {
		out += "?"
	}
	return out
}

func northAmerica() []reading {
	const same = "+12025550142"
	return []reading{
		{"US", "2025550142", same, same},
		{"US", "(202) 555-0142", same, same},
		{"US", "202.555.0142", same, same},
		{"US", "202/555/0142", same, same},
		{"US", "1-202-555-0142", same, same},
		{"US", "+1 202 555 0142", same, same},
		{"US", "+1\u00a0202\u00a0555\u00a00142", same, same},
		{"US", "\u202d+1 (202) 555\u20110142\u202c", same, same},
		{"US", "202\u2013555\u20130142", same, same},
		{"US", "[202] 555 0142", same, same},
		{"US", "tel:+1-202-555-0142", same, same},
		{"US", "TEL:+12025550142", same, same},
		{"US", "tel://+12025550142", same, same},
		{"US", "tel:%2B1%20202%20555%200142", same, same},
		{"US", "callto:+12025550142", same, same},
		{"US", "callto://2025550142", same, same},
		{"US", "Tel. 202-555-0142", same, same},
		{"US", "Mobile: (202) 555-0142", same, same},
		{"US", "Customer A. Example, +1 202 555 0142", same, same},
		{"US", "202-555-0142 (home)", same, same},
		{"US", "202-555-0142 mobile, evenings", same, same},
		{"US", "\n 202-555-0142 \n", same, same},
		{"US", "Phone:\n202-555-0142", same, same},
		{"US", "\uff0b\uff11 \uff08\uff12\uff10\uff12\uff09 \uff15\uff15\uff15\uff0d\uff10\uff11\uff14\uff12", same, same},
		{"US", "001 202 555 0142", same, same},
		{"US", "011 1 202 555 0142", same, same},
		{"US", "++1 202 555 0142", same, same},
		{"US", "+1 202 555 0142 ext. 12", same + " post 12", same + " post 12"},
		{"US", "+1 202 555 0142 x12", same + " post 12", same + " post 12"},
		{"US", "202-555-0142 extension 1234", same + " post 1234", same + " post 1234"},
		{"US", "202-555-0142 #12", same + " post 12", same + " post 12"},
		{"US", "202-555-0142,,12#", same + " post 12", same + " post 12"},
		{"US", "202-555-0142 (ext. 911)", same + " post 911", same + " post 911"},
		{"US", "tel:+12025550142;ext=12", same + " post 12", same + " post 12"},
		{"US", "202-555-0142 x1234567890123", "!too-long", "!too-long"},
		{"US", "1-800-FLOWERS", "+18003569377", "+18003569377"},
		{"US", "(800) flowers", "+18003569377", "+18003569377"},
		{"US", "1-800-CAR4YOU", "+18002274968", "+18002274968"},
		{"US", "1-800-CONTACTS", "+18002668228", "+18002668228"},
		{"US", "202-555-CALL", "+12025552255", "+12025552255"},
		{"US", "604-555-0142", "+16045550142", "+16045550142"},
		{"CA", "(604) 555-0142", "+16045550142", "+16045550142"},
		{"CA", "202-555-0142", same, same},
		{"CA", "1-800-555-0142", "+18005550142", "+18005550142"},
		{"US", "876-555-0142", "+18765550142?", "+18765550142"},
		{"US", "+1 787 555 0142", "+17875550142", "+17875550142"},
		{"US", "+44 20 7946 0018", "+442079460018?", "+442079460018"},
		{"US", "011 44 20 7946 0018", "+442079460018?", "+442079460018"},
		{"US", "0049 (0)30 23125 000", "+493023125000?", "+493023125000"},
		{"US", "493023125000", "+493023125000?", "+493023125000?"},
		{"US", "555-0142", "!no-area-code", "5550142?"},
		{"US", "911-555-0142", "!emergency", "+19115550142?"},
		{"US", "900-555-0142", "!premium", "+19005550142?"},
		{"US", "202-976-0142", "!premium", "+12029760142?"},
		{"MX", "55 5550 1420", "+525555501420", "+525555501420"},
		{"MX", "+52 55 5550 1420", "+525555501420", "+525555501420"},
		{"MX", "00 1 202 555 0142", same + "?", same},
	}
}

func europe() []reading {
	const london, berlin, paris = "+442079460018", "+493023125000", "+33199001234"
	return []reading{
		{"GB", "020 7946 0018", london, london},
		{"GB", "+44 (0)20 7946 0018", london, london},
		{"GB", "+44(0) 20 7946 0018", london, london},
		{"GB", "0044 20 7946 0018", london, london},
		{"GB", "(020) 7946-0018", london, london},
		{"GB", "\uff10\uff12\uff10 \uff17\uff19\uff14\uff16 \uff10\uff10\uff11\uff18", london, london},
		{"GB", "07700 900123", "+447700900123?", "+447700900123?"},
		{"GB", "0808 157 0142", "+448081570142", "+448081570142"},
		{"GB", "070 1234 5678", "!personal", "+447012345678?"},
		{"GB", "0901 234 5678", "!premium", "+449012345678?"},
		{"GB", "0344 555 0142", "+443445550142", "+443445550142"},
		{"GB", "118118", "!premium", "118118"},
		{"DE", "030 23125000", berlin, berlin},
		{"DE", "030/23125000", berlin, berlin},
		{"DE", "030 / 23 12 50 00", berlin, berlin},
		{"DE", "Tel. 030-23125-000", berlin, berlin},
		{"DE", "(030) 23125000", berlin, berlin},
		{"DE", "+49 (0)30 23125000", berlin, berlin},
		{"DE", "+49 (0) 30 / 23125-000", berlin, berlin},
		{"DE", "(+49) 30 23125000", berlin, berlin},
		{"DE", "0049 30 23125000", berlin, berlin},
		{"DE", "49 30 23125000", berlin, berlin},
		{"DE", "030 23125000 Durchwahl 12", berlin + " post 12", berlin + " post 12"},
		{"DE", "030 23125000 (Büro)", berlin, berlin},
		{"DE", "Büro: 030 23125000", berlin, berlin},
		{"DE", "0171 39 20 000", "+491713920000", "+491713920000"},
		{"DE", "0911 23125", "+4991123125", "+4991123125"},
		{"DE", "0800 5550142", "+498005550142", "+498005550142"},
		{"DE", "0180 5 555014", "+491805555014?", "+491805555014?"},
		{"DE", "0900 1 555014", "!premium", "+499001555014?"},
		{"DE", "0700 12345678", "!personal", "+4970012345678?"},
		{"DE", "030 23125000/01", "!two-numbers", "!two-numbers"},
		{"DE", "030 23125000 oder 030 23125001", "!two-numbers", "!two-numbers"},
		{"DE", "030 23125000 / 0171 3920000", "!two-numbers", "!two-numbers"},
		{"FR", "01 99 00 12 34", paris, paris},
		{"FR", "+33 (0)1 99 00 12 34", paris, paris},
		{"FR", "0033199001234", paris, paris},
		{"FR", "01.99.00.12.34", paris, paris},
		{"FR", "08 99 55 50 14", "!premium", "+33899555014?"},
		{"ES", "915 550 142", "+34915550142", "+34915550142"},
		{"ES", "+34 915 55 01 42", "+34915550142", "+34915550142"},
		{"ES", "+34 (0)915 550 142", "+34915550142", "+34915550142"},
		{"ES", "0034 915550142", "+34915550142", "+34915550142"},
		{"ES", "807 555 014", "!premium", "+34807555014?"},
		{"PT", "215 550 142", "+351215550142", "+351215550142"},
		{"PT", "+351 215 550 142", "+351215550142", "+351215550142"},
		{"NL", "020 555 0142", "+31205550142", "+31205550142"},
		{"NL", "+31 (0)20 555 01 42", "+31205550142", "+31205550142"},
		{"NL", "0031-20-5550142 toestel 12", "+31205550142 post 12", "+31205550142 post 12"},
		{"IT", "06 5550 1420", "+390655501420", "+390655501420"},
		{"IT", "+39 06 5550 1420", "+390655501420", "+390655501420"},
		{"IT", "+39 (0)6 5550 1420", "+390655501420", "+390655501420"},
		{"IT", "0039 06 55501420", "+390655501420", "+390655501420"},
		{"DE", "+39 06 5550 1420", "+390655501420?", "+390655501420"},
		{"AT", "01 5550142", "+4315550142", "+4315550142"},
		{"CH", "044 555 01 42", "+41445550142", "+41445550142"},
		{"SE", "08-555 014 20", "+46855501420", "+46855501420"},
	}
}

func elsewhere() []reading {
	const delhi = "+911125550142"
	return []reading{
		{"AU", "(02) 5550 1420", "+61255501420", "+61255501420"},
		{"AU", "0491 570 006", "+61491570006", "+61491570006"},
		{"AU", "+61 (0)2 5550 1420", "+61255501420", "+61255501420"},
		{"AU", "0011 44 20 7946 0018", "+442079460018?", "+442079460018"},
		{"AU", "1300 975 707", "+611300975707?", "+611300975707?"},
		{"AU", "1300 FLIGHT", "+611300354448?", "+611300354448?"},
		{"AU", "190 255 5014", "!premium", "+611902555014?"},
		{"BR", "(11) 5555-0142", "+551155550142", "+551155550142"},
		{"BR", "+55 11 5555 0142", "+551155550142", "+551155550142"},
		{"BR", "0 15 11 5555 0142", "+551155550142", "+551155550142"},
		{"BR", "(0xx11) 5555-0142", "+551155550142", "+551155550142"},
		{"BR", "(11) 5555-0142 ramal 12", "+551155550142 post 12", "+551155550142 post 12"},
		{"IN", "011 2555 0142", delhi, delhi},
		{"IN", "11 2555 0142", delhi, delhi},
		{"IN", "+91-11-2555-0142", delhi, delhi},
		{"IN", "\u0966\u0967\u0967 \u0968\u096b\u096b\u096b \u0966\u0967\u096a\u0968", delhi, delhi},
		{"AE", "\u0660\u0664 \u0665\u0665\u0665 \u0660\u0661\u0664\u0662", "+97145550142", "+97145550142"},
		{"JP", "03-5550-1420", "+81355501420", "+81355501420"},
		{"NZ", "09 555 0142", "+6495550142", "+6495550142"},
		{"US", "+870 776 555 014", "!satellite", "+870776555014?"},
		{"US", "011 870 776 555 014", "!satellite", "+870776555014?"},
		{"DE", "00881 6 555 01420", "!satellite", "+881655501420?"},
		{"DE", "+882 16 5550142", "!satellite", "+882165550142?"},
		{"US", "+979 0 1234 5678", "!satellite", "+979012345678?"},
		{"US", "+979 1 2345 6789", "!satellite", "+979123456789?"},
		{"US", "+800 1234 5678", "+80012345678?", "+80012345678"},
		{"US", "+808 1234 5678", "+80812345678?", "+80812345678?"},
	}
}

func inside() []reading {
	return []reading{
		{"US", "1001", "1001?", "1001"},
		{"US", "Ext. 1001", "1001?", "1001"},
		{"US", "10 01", "1001?", "1001"},
		{"US", "1001 Anna", "1001?", "1001"},
		{"US", "0123", "!not-a-number", "0123"},
		{"US", "7", "!not-a-number", "!not-a-number"},
		{"US", "911", "!emergency", "911"},
		{"US", "9-1-1", "!emergency", "911"},
		{"US", "tel:911", "!emergency", "911"},
		{"US", "Emergency: 9 1 1!", "!not-a-number", "!not-a-number"},
		{"US", "\uff19\uff11\uff11", "!emergency", "911"},
		{"US", "9911", "!emergency", "9911"},
		{"US", "9 911", "!emergency", "9911"},
		{"US", "+911", "!emergency", "!not-a-number"},
		{"US", "+1911", "!emergency", "!not-a-number"},
		{"US", "1911", "!emergency", "1911"},
		{"US", "112", "!emergency", "112"},
		{"US", "0112", "!emergency", "0112"},
		{"US", "999", "!emergency", "999"},
		{"US", "000", "!emergency", "000"},
		{"US", "110", "!emergency", "110"},
		{"US", "118", "!emergency", "118"},
		{"US", "119", "!emergency", "119"},
		{"US", "190", "!emergency", "190"},
		{"US", "00112", "!emergency", "00112"},
		{"US", "01144999", "!not-a-number", "!not-a-number"},
		{"GB", "999", "!emergency", "999"},
		{"GB", "+44 999", "!emergency", "!not-a-number"},
		{"FR", "15", "!emergency", "15"},
		{"FR", "115", "!emergency", "115"},
		{"AU", "0000", "!emergency", "0000"},
		{"NZ", "111", "!emergency", "111"},
		{"IN", "100", "!emergency", "100"},
		{"US", "100", "100?", "100"},
		{"US", "*97", "!feature-code", "*97"},
		{"US", "*72 202 555 0142", "!feature-code", "*722025550142"},
		{"US", "##21#", "!feature-code", "##21#"},
		{"US", "\uff0a97", "!feature-code", "*97"},
		{"US", "tel:%2A97", "!feature-code", "*97"},
		{"US", "Voicemail: *97", "!feature-code", "!feature-code"},
		{"US", "202*555", "!feature-code", "202*555"},
	}
}

func nonsense() []reading {
	return []reading{
		{"US", "", "!empty", "!empty"},
		{"US", "   ", "!empty", "!empty"},
		{"US", "null", "!empty", "!empty"},
		{"US", "N/A", "!empty", "!empty"},
		{"US", "-", "!empty", "!empty"},
		{"US", "+", "!empty", "!empty"},
		{"US", "tel:", "!empty", "!empty"},
		{"US", "sip:1001@pbx.example.com", "!address", "sip:1001@pbx.example.com"},
		{"US", "SIPS:anna@pbx.example.com:5061", "!address", "sips:anna@pbx.example.com:5061"},
		{"US", "sip:1001@[::1]:5060", "!address", "sip:1001@[::1]:5060"},
		{"US", "sip:1001@pbx.example.com;transport=tls", "!address", "!address"},
		{"US", "sip:1001@pbx.example.com?Subject=x", "!address", "!address"},
		{"US", "sip:1001", "!address", "!address"},
		{"US", "tel:sip:1001@pbx.example.com", "!address", "!address"},
		{"US", "2025550142@pbx.example.com", "!address", "!address"},
		{"US", "2025550142;transport=tcp", "!address", "!address"},
		{"US", "tel:2025550142;phone-context=+1", "!address", "!address"},
		{"US", "2025550142;ext=12;ext=13", "!address", "!address"},
		{"US", "2025550142\r\nX-Header: 1", "!two-numbers", "!two-numbers"},
		{"US", "2025550142\x00", "!not-a-number", "!not-a-number"},
		{"US", "\u202e2410555202", "!not-a-number", "!not-a-number"},
		{"US", "202555014\xff2", "!not-a-number", "!not-a-number"},
		{"US", "tel:%zz2025550142", "!not-a-number", "!not-a-number"},
		{"US", "https://example.com/2025550142", "!not-a-number", "!not-a-number"},
		{"US", "$2025550142", "!not-a-number", "!not-a-number"},
		{"US", "202:555:0142", "!two-numbers", "!two-numbers"},
		{"US", "2024-01-02", "!not-a-number", "!not-a-number"},
		{"US", "202-555-0142 / 202-555-0143", "!two-numbers", "!two-numbers"},
		{"US", "202-555-0142 202-555-0143", "!two-numbers", "!two-numbers"},
		{"US", "202-555-0142, 202-555-0143", "!two-numbers", "!two-numbers"},
		{"US", "202-555-0142 or 202-555-0143", "!two-numbers", "!two-numbers"},
		{"US", "202-555-0142\n202-555-0143", "!two-numbers", "!two-numbers"},
		{"US", "Home 202-555-0142 Work 202-555-0143", "!two-numbers", "!two-numbers"},
		{"US", "202-555-0142 +12025550143", "!two-numbers", "!two-numbers"},
		{"US", "1234567890123456", "!too-long", "!too-long"},
		{"US", "+123456789012345678901234567890", "!too-long", "!too-long"},
		{"US", strings.Repeat("5", 300), "!too-long", "!too-long"},
		{"US", "+999 555 0142", "!not-a-number", "!not-a-number"},
		{"DE", "+1 911 555 0142", "!unassigned", "+19115550142?"},
	}
}

func TestRead(t *testing.T) {
	for _, table := range [][]reading{northAmerica(), europe(), elsewhere(), inside(), nonsense()} {
		for _, c := range table {
			r := Rules{Region: c.region}
			if got := result(Read(c.text, Stranger, r)); got != c.stranger {
				t.Errorf("%s, a stranger's %q: %s, want %s", c.region, c.text, got, c.stranger)
			}
			if got := result(Read(c.text, Agent, r)); got != c.agent {
				t.Errorf("%s, an agent's %q: %s, want %s", c.region, c.text, got, c.agent)
			}
		}
	}
}

// policies are what the settings change.
func TestPolicies(t *testing.T) {
	trunk := []Step{
		{Match: "+1800", Strip: 2, Prefix: "8"}, {Match: "+1", Strip: 2, Prefix: "9"}, {Match: "international", Replace: "", Strip: 1, Prefix: "9011"},
		{Match: "extension", Prefix: "7"},
	}
	german := []Step{{Match: "0800", Prefix: "1"}, {Match: "national", Prefix: "0"}, {Match: "+43", Replace: "043"}, {Match: "+", Replace: "000"}}
	for _, c := range []struct {
		name   string
		rules  Rules
		text   string
		origin Origin
		want   string
	}{
		{"abroad, refused", Rules{Foreign: "refuse"}, "+44 20 7946 0018", Stranger, "!country"},
		{"abroad, refused for the agent too", Rules{Foreign: "refuse"}, "+44 20 7946 0018", Agent, "!country"},
		{"a Caribbean number is abroad", Rules{Foreign: "refuse"}, "876-555-0142", Stranger, "!country"},
		{"an allowed country asks", Rules{Countries: []string{"gb"}}, "+44 20 7946 0018", Stranger, "+442079460018?"},
		{"an allowed country, never asked", Rules{Countries: []string{"GB"}, Confirm: "never"}, "+44 20 7946 0018", Stranger, "+442079460018"},
		{"never asked, but outside", Rules{Countries: []string{"GB"}, Confirm: "never"}, "+49 30 23125000", Stranger, "+493023125000?"},
		{"always asked", Rules{Confirm: "always"}, "202-555-0142", Stranger, "+12025550142?"},
		{"always is about links", Rules{Confirm: "always"}, "202-555-0142", Agent, "+12025550142"},
		{"an extension, never asked", Rules{Confirm: "never"}, "1001", Stranger, "1001"},
		{"a listed extension", Rules{Extensions: []string{"1001"}}, "1001", Stranger, "1001"},
		{"a listed extension, always asked", Rules{Extensions: []string{"1001"}, Confirm: "always"}, "1001", Stranger, "1001?"},
		{"an extension of a range", Rules{Extensions: []string{"100-199"}}, "150", Stranger, "150"},
		{"no extension of the list", Rules{Extensions: []string{"100-199"}}, "250", Stranger, "!not-a-number"},
		{"a listed extension that is an emergency number", Rules{Extensions: []string{"100-199"}}, "112", Stranger, "!emergency"},
		{"a long listed extension", Rules{Extensions: []string{"8001000-8001999"}}, "800 1234", Stranger, "8001234"},
		{"a paid short number of one's own", Rules{Region: "GB", Extensions: []string{"118118"}}, "118118", Stranger, "118118"},
		{"too long for an extension", Rules{ExtensionMax: 4}, "12345", Stranger, "!not-a-number"},
		{"an outside line", Rules{Plan: trunk}, "202-555-0142", Stranger, "92025550142"},
		{"the first step wins", Rules{Plan: trunk}, "1-800-555-0142", Stranger, "88005550142"},
		{"an outside line abroad", Rules{Plan: trunk}, "+44 20 7946 0018", Agent, "9011442079460018"},
		{"an extension with a prefix", Rules{Plan: trunk}, "1001", Agent, "71001"},
		{"emergency calls keep off the plan", Rules{Plan: trunk}, "911", Agent, "911"},
		{"codes keep off the plan", Rules{Plan: trunk}, "*97", Agent, "*97"},
		{"digits without an area code", Rules{Plan: trunk}, "555-0142", Agent, "5550142?"},
		{"Germany, outside line", Rules{Region: "DE", Plan: german}, "+49 30 23125000", Stranger, "003023125000"},
		{"Germany, by leading digits", Rules{Region: "DE", Plan: german}, "0800 5550142", Stranger, "108005550142"},
		{"Germany, one country", Rules{Region: "DE", Plan: german}, "+43 1 5550142", Agent, "04315550142"},
		{"Germany, the rest", Rules{Region: "DE", Plan: german}, "+44 20 7946 0018", Agent, "000442079460018"},
		{"the plan takes too much", Rules{Region: "AU", Extensions: []string{"99"}, Plan: []Step{{Match: "+61132227", Strip: 9}}}, "13 22 27", Agent, "!plan"},
		{"the plan makes an emergency number", Rules{Plan: []Step{{Match: "extension", Prefix: "9"}}}, "11", Stranger, "!emergency"},
		{"the plan makes an emergency number for an agent", Rules{Plan: []Step{{Match: "extension", Prefix: "9"}}}, "11", Agent, "!plan"},
		{"the plan makes a satellite number", Rules{Plan: []Step{{Match: "+4420", Replace: "+870"}}}, "+44 20 7946 0018", Stranger, "!satellite"},
		{"the plan makes a premium number", Rules{Plan: []Step{{Match: "+1202", Replace: "+1900"}}}, "202-555-0142", Stranger, "!premium"},
		{"the plan makes too many digits", Rules{Plan: []Step{{Match: "+4", Replace: "+12345678"}}}, "+49 30 23125000", Agent, "!plan"},
	} {
		if err := c.rules.Check(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := result(Read(c.text, c.origin, c.rules)); got != c.want {
			t.Errorf("%s: %q gives %s, want %s", c.name, c.text, got, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		rules Rules
		want  string
	}{
		{Rules{Region: "Germany"}, "region"},
		{Rules{Region: "001"}, "region"},
		{Rules{Countries: []string{"US", "XX"}}, "countries"},
		{Rules{Foreign: "ask"}, "foreign"},
		{Rules{Confirm: "sometimes"}, "confirm"},
		{Rules{ExtensionMin: 1}, "extension_min"},
		{Rules{ExtensionMin: 5, ExtensionMax: 4}, "extension_max"},
		{Rules{ExtensionMax: 12}, "extension_max"},
		{Rules{Extensions: []string{"100-99"}}, "extensions"},
		{Rules{Extensions: []string{"*97"}}, "extensions"},
		{Rules{Extensions: []string{""}}, "extensions"},
		{Rules{Plan: []Step{{Match: "national"}, {Match: "home"}}}, "step 2 of plan: match"},
		{Rules{Plan: []Step{{}}}, "match"},
		{Rules{Plan: []Step{{Match: "national", Replace: "9"}}}, "replace"},
		{Rules{Plan: []Step{{Match: "+1", Replace: "*9"}}}, "replace"},
		{Rules{Plan: []Step{{Match: "national", Prefix: "9;"}}}, "prefix"},
		{Rules{Plan: []Step{{Match: "extension", Prefix: "+"}}}, "prefix"},
		{Rules{Plan: []Step{{Match: "national", Strip: -1}}}, "strip"},
		{Rules{Plan: []Step{{Match: "+1", Strip: 1, Replace: "9"}}}, "strip and replace"},
		{Rules{Plan: []Step{{Match: "international", Prefix: "9"}}}, "strip = 1"},
	} {
		err := c.rules.Check()
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want a sentence about %q", c.rules, err, c.want)
		}
	}
	if err := (Rules{Region: "de", Countries: []string{"at"}}).Check(); err != nil {
		t.Error(err)
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct{ region, text, shown, written, in string }{
		{"US", "+12025550142", "(202) 555-0142", "+12025550142", "US"},
		{"US", "tel:+44\n20 7946 0018", "", "tel:+44 20 7946 0018", ""},
		{"US", "+442079460018", "+44 20 7946 0018", "+442079460018", "GB"},
		{"GB", "+442079460018", "020 7946 0018", "+442079460018", "GB"},
		{"US", "8765550142", "+1 876-555-0142", "8765550142", "JM"},
		{"AU", "+61 13 22 27", "+61 132227", "+61 13 22 27", "AU"}, // nationally it would be an extension
		{"US", "1-800-FLOWERS", "(800) 356-9377", "1-800-FLOWERS", "US"},
		{"US", strings.Repeat("a", 90) + " 2025550142", "(202) 555-0142", strings.Repeat("a", 64), "US"},
	} {
		n, _ := Read(c.text, Agent, Rules{Region: c.region})
		if n.Shown != c.shown || n.Written != c.written || n.Region != c.in {
			t.Errorf("%s, %q: shown %q, written %q, region %q", c.region, c.text, n.Shown, n.Written, n.Region)
		}
	}
}

func TestExplain(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"202-555-0142 x12", "external, shown as (202) 555-0142, dials +12025550142, then by hand 12"},
		{"1001", "extension, shown as 1001, dials 1001. Asks first: Only its length says that it is an extension of your own."},
		{"", "refused: There is no number in it. Look whether the field was filled in."},
	} {
		if got := (Rules{}).Explain(c.text, Stranger); got != c.want {
			t.Errorf("%q: %s", c.text, got)
		}
	}
}
