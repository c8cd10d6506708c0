package number

import "strings"

// line finds the number of the public network that a text stands for, or says why there is none.
func (d desk) line(digits string, p parts) (line, error) {
	if severalNumbers(p.head, d.rules) {
		return line{}, refuse(CodeTwo)
	}
	if len(digits) <= maxDialled {
		if l, found := find(digits, withoutTrunkZero(p.head), d.rules); found {
			return l, nil
		}
	}
	if len(strings.TrimPrefix(digits, "+")) > 15 {
		return line{}, refuse(CodeTooLong)
	}
	return line{}, refuse(CodeNotANumber)
}

// vanity finds a number such as 1-800-FLOWERS. Letters count where people write numbers so: in North America, and in free
// and shared-cost numbers elsewhere. A word behind a whole number is no part of it.
func (d desk) vanity(p parts) (line, bool) {
	if !p.mixed {
		head, err := digitsOf(p.head)
		if err == nil && len(head) <= maxDialled {
			if l, found := find(head, "", d.rules); found && l.standing == valid {
				return line{}, false
			}
		}
	}
	digits, err := digitsOf(p.vanity)
	if err != nil {
		return line{}, false
	}
	l, found := find(shortenAmerican(digits, d.rules.Region), "", d.rules)
	if !found || l.standing != valid || l.guessed {
		return line{}, false
	}
	return l, strings.HasPrefix(l.e164, "+1") || l.free || l.sort == shared
}

// shortenAmerican leaves out the letters beyond the tenth digit: people write whole words, and exchanges stop listening.
func shortenAmerican(digits, region string) string {
	const national, most = 10, 14
	one := len(digits) - len(strings.TrimPrefix(strings.TrimPrefix(digits, "+"), "1"))
	if strings.HasPrefix(digits, "+") != strings.HasPrefix(digits, "+1") || callingCode(region) != "1" && digits[0] != '+' {
		return digits
	}
	if len(digits)-one > national && len(digits)-one <= most {
		return digits[:one+national]
	}
	return digits
}

// severalNumbers reports whether a text with slashes or spaces holds a second number: what stands before a slash is whole,
// or both sides of a gap are.
func severalNumbers(head string, r Rules) bool {
	whole, err := digitsOf(head)
	one := err == nil && len(whole) <= maxDialled && isWhole(whole, r)
	for i, c := range head {
		if c != '/' && c != ' ' {
			continue
		}
		left, errLeft := digitsOf(head[:i])
		right, errRight := digitsOf(head[i+1:])
		if errLeft != nil || !isWhole(left, r) {
			continue
		}
		if c == '/' && strings.ContainsFunc(head[i+1:], isDigit) {
			return true
		}
		if errRight == nil && isWhole(right, r) && (!one || right[0] == '0' || right[0] == '+') {
			return true
		}
	}
	return false
}

func isWhole(digits string, r Rules) bool {
	const shortest = 5 // of the numbers that stand beside another one
	if len(digits) < shortest || len(digits) > maxDialled {
		return false
	}
	l, found := find(digits, "", r)
	return found && l.standing == valid && !l.guessed
}
