package number

import "testing"

func TestRescues(t *testing.T) {
	some := Rules{Extensions: []string{"9110-9119", "200-299"}}
	for _, c := range []struct {
		text  string
		rules Rules
		want  bool
	}{
		{"911", some, true}, {"112", some, true}, {"0112", Rules{}, true}, {"9911", Rules{}, true},
		{"*72911", some, true}, {"**21*112#", some, true}, {"*67911", some, true},
		{"sip:911@pbx.example.com", some, true}, {"sip:9-1-1@pbx.example.com", some, true}, {"sip:0112@pbx.example.com", some, true},
		{"sip:alice@pbx.example.com", some, false}, {"sip:200@pbx.example.com", some, false},
		{"9112", some, false}, {"211", some, false}, {"*98", some, false}, {"*97200", some, false},
		{"2025550142", some, false}, {"+12025550142", some, false},
	} {
		n, err := Read(c.text, Agent, c.rules)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := c.rules.Rescues(n); got != c.want {
			t.Errorf("%s, dialled as %s: %v", c.text, n.Dial, got)
		}
	}
}
