package number

// Code names a refusal for programs. The values are stable.
type Code string

// Why a text is not dialled.
const (
	CodeEmpty      Code = "empty"
	CodeTooLong    Code = "too-long"
	CodeNotANumber Code = "not-a-number"
	CodeTwo        Code = "two-numbers"
	CodeAddress    Code = "address"
	CodeFeature    Code = "feature-code"
	CodeEmergency  Code = "emergency"
	CodePremium    Code = "premium"
	CodePersonal   Code = "personal"
	CodeSatellite  Code = "satellite"
	CodeCountry    Code = "country"
	CodeUnassigned Code = "unassigned"
	CodeNoAreaCode Code = "no-area-code"
	CodePlan       Code = "plan"
)

// Refusal is the error of Read: a code, and a sentence an agent understands that says what to do. The sentence never
// repeats the text that was refused.
type Refusal struct {
	Code Code
	Text string
}

// Error is the sentence.
func (r *Refusal) Error() string { return r.Text }

func refuse(code Code) error { return &Refusal{Code: code, Text: sentence(code)} }

func sentence(code Code) string {
	switch code {
	case CodeEmpty:
		return "There is no number in it. Look whether the field was filled in."
	case CodeTooLong:
		return "It has more digits than any telephone number. Dial the part that is the number."
	case CodeTwo:
		return "There is more than one number in it. Dial the one you mean."
	case CodeAddress:
		return "It is an address or has parameters behind the number. Type the number itself, or a whole address such as sip:name@host."
	case CodeFeature:
		return "It is a code of the telephone exchange, and links never dial those. Type it alone if you mean it."
	case CodeEmergency:
		return "It is, or can reach, an emergency number, and links never dial those. In an emergency type the number yourself."
	case CodePremium:
		return "It is a premium-rate number, and links never dial those. Type it yourself, or list it under extensions if it is one of your own."
	case CodePersonal:
		return "It is a personal, pager or mailbox number that can cost as much as a premium one, and links never dial those. Type it yourself if you mean it."
	case CodeSatellite:
		return "It belongs to a satellite or international network that is expensive to call, and links never dial those. Type it yourself if you mean it."
	case CodeCountry:
		return "It is in a country your organisation does not call. Ask whoever keeps the settings to allow the country."
	case CodeUnassigned:
		return "No country has published such a number. Check the digits, and type it yourself if it is right."
	case CodeNoAreaCode:
		return "It has no area code, so nobody can say where it rings. Type it with the area code."
	case CodePlan:
		return "The dial plan turns it into something that cannot be dialled. Ask whoever keeps the settings to mend the plan."
	default:
		return "It cannot be read as a telephone number. Type the number, with + and the country code if it is abroad."
	}
}

// The questions put to the agent. Each is a whole sentence.
const (
	askAlways     = "The settings ask before every call from a link."
	askExtension  = "Only its length says that it is an extension of your own."
	askForeign    = "It rings in another country."
	askOutside    = "It is outside the countries your organisation usually calls."
	askGuessed    = "It was written without a +, and is read as an international number."
	askPremium    = "It is a premium-rate number and can cost a lot."
	askShared     = "It is a shared-cost number and can cost more than a usual call."
	askPersonal   = "It is a personal, pager or mailbox number and can cost as much as a premium one."
	askSatellite  = "It belongs to a satellite or international network and can cost a lot."
	askUnassigned = "No published range has this number, so a digit may be wrong."
	askLocal      = "It has no area code, so the exchange decides where it rings."
)
