package media

import (
	"slices"
	"strings"
)

// trouble is what is wrong with the devices, as short as a window has room for: of those with the same cause it is said once.
func trouble(problems ...string) string {
	const because = " cannot be used: "
	var whole []string
	for len(problems) > 0 {
		p := problems[0]
		what, cause, ok := strings.Cut(p, because)
		var same, rest []string
		for _, other := range problems[1:] {
			name, why, _ := strings.Cut(other, because)
			switch {
			case other == p:
			case ok && why == cause:
				same = append(same, strings.Replace(name, "The ", "the ", 1))
			default:
				rest = append(rest, other)
			}
		}
		for i, name := range same {
			if i == len(same)-1 {
				what += " and " + name
			} else {
				what += ", " + name
			}
		}
		if p = strings.TrimSpace(p); len(same) > 0 {
			p = what + because + cause
		}
		if p != "" {
			whole = append(whole, p)
		}
		problems = rest
	}
	return strings.Join(whole, " ")
}

// sentences puts together those that say something.
func sentences(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}
