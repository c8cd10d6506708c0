package number

import "strings"

// planned is a number as the dial plan sees it.
type planned struct {
	kind     Kind
	e164     string // empty for an extension and for a number without its area code
	national string // the extension, or the national digits with the trunk prefix
	own      bool   // it has the own calling code
}

// base is the text a step works on, or false if the step does not match.
func (s Step) base(p planned) (string, bool) {
	switch {
	case s.Match == "extension":
		return p.national, p.kind == Extension
	case p.kind != External:
		return "", false
	case s.Match == "national":
		return p.national, p.own
	case s.Match == "international":
		return p.e164, !p.own
	case strings.HasPrefix(s.Match, "+"):
		return p.e164, strings.HasPrefix(p.e164, s.Match)
	default:
		return p.national, p.own && strings.HasPrefix(p.national, s.Match)
	}
}

// dial applies the plan. What comes out is in the grammar, or it is refused.
func (r Rules) dial(p planned) (string, error) {
	out := p.e164
	if out == "" {
		out = p.national
	}
	for _, s := range r.Plan {
		base, ok := s.base(p)
		if !ok {
			continue
		}
		if s.Strip > len(base) {
			return "", refuse(CodePlan)
		}
		out = base[s.Strip:]
		if s.Replace != "" {
			out = s.Replace + strings.TrimPrefix(base, s.Match)
		}
		out = s.Prefix + out
		break
	}
	if !grammatical(out) && !(len(r.Plan) > 0 && isDialled(out)) {
		return "", refuse(CodePlan)
	}
	return out, nil
}

// grammatical is the grammar of a number: ^\+?[0-9]{2,15}$.
func grammatical(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return len(digits) >= 2 && len(digits) <= 15 && allDigits(digits)
}

// isDialled is what a plan may make of one: without a +, the digits of an outside line and of an international prefix come
// on top. "9011" before a number of twelve digits is everyday business.
func isDialled(s string) bool {
	return len(s) >= 2 && len(s) <= 15+maxPart && allDigits(s)
}
