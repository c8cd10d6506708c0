package sdkrecord

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// String says what was found, a line for each thing.
func (r Recording) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d bytes, SHA-256 %s\n\nMethods: %s\n\n", r.SDK, r.Bytes, r.SHA256, strings.Join(r.Methods, ", "))
	for _, name := range slices.Sorted(maps.Keys(r.Calls)) {
		fmt.Fprintf(&b, "%-26s %s\n", name, r.Calls[name])
	}
	if len(r.Events) == 0 {
		b.WriteString("\nNo message that was tried reached number-dialed, routing-status-change or context. The listeners' text is in the file.\n")
	}
	for _, e := range r.Events {
		fmt.Fprintf(&b, "\non(%q) runs at type %q", e.Name, e.Type)
		if e.Field != "" {
			fmt.Fprintf(&b, " and is given its field %q", e.Field)
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// String says what came of a call.
func (c Call) String() string {
	switch {
	case c.Missing:
		return "is missing"
	case c.Threw != "":
		return "threw " + c.Threw
	case len(c.Posted) == 0:
		return "posts nothing"
	}
	var types []string
	for _, p := range c.Posted {
		var m struct{ Message struct{ Type string } }
		if err := json.Unmarshal(p, &m); err != nil {
			m.Message.Type = "something that is not an object"
		}
		types = append(types, m.Message.Type)
	}
	return "posts " + strings.Join(types, ", ")
}
