package config

import (
	"strings"
	"testing"
	"time"

	"sidetone/internal/number"
)

func TestCalls(t *testing.T) {
	c, err := Parse([]byte("[calls]\nwhen_busy = \"turn-away\"\nforward_busy = \"+1 202 555 0142\"\nno_answer_after = \"15s\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := c.Calls.Target(c.Calls.ForwardBusy, number.Rules{})
	if d, _ := c.Calls.After(); d != 15*time.Second || to != "+12025550142" || err != nil {
		t.Errorf("%v %q %v", d, to, err)
	}
	if d, err := (Calls{}).After(); d != 20*time.Second || err != nil {
		t.Errorf("%v %v", d, err)
	}
	for text, want := range map[string]string{
		"when_busy = \"ring\"": "line 2: calls.when_busy is \"ring\": use wait or turn-away",
		"forward_always = \"somewhere\"": "line 2: calls.forward_always is \"somewhere\": there is no number in it. " +
			"Write the number calls go to, such as +12025550142 or an extension, or an address such as sip:name@example.com, or \"\" to forward none",
		"forward_always = \"off\"":                      "there is no number in it. Write",
		"forward_no_answer = \" \"":                     "calls.forward_no_answer is \" \": there is no number in it. Write",
		"forward_always = \"sip:x@\"":                   "it is no whole address, or there is more than a number in it. Write",
		"forward_busy = \"+1\"":                         "it cannot be read as a telephone number. Write",
		"forward_always = \"202-555-0142 or 555-0199\"": "there is more than one number in it. Write",
		"forward_always = \"12345678901234567890123\"":  "it has more digits than any telephone number. Write",
		"forward_busy = \"911\"":                        "calls are never sent to an emergency number. Write",
		"forward_busy = \"1001\"\n[[account]]\nid = \"main\"\naddress = \"sip:1001@example.com\"": "line 2: calls.forward_busy is \"1001\": it is this phone's own number",
		"no_answer_after = \"2h\"": "line 2: calls.no_answer_after is \"2h\"",
	} {
		if _, err := Parse([]byte("[calls]\n" + text + "\n")); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Dial ") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestColleagues(t *testing.T) {
	c, err := Parse([]byte("[[colleague]]\nname = \"Agent B. Sample\"\nnumber = \"118\"\n[[colleague]]\nnumber = \"119\"\n"))
	if err != nil || len(c.Colleagues) != 2 || c.Colleagues[0] != (Colleague{"Agent B. Sample", "118"}) {
		t.Errorf("%+v %v", c.Colleagues, err)
	}
	for _, bad := range []string{"[[colleague]]\nnumber = \"\"\n", "[[colleague]]\nnumber = \"118\"\n[[colleague]]\nnumber = \"118\"\n", strings.Repeat("[[colleague]]\nnumber=\"1234567\"\n", 201)} {
		if _, err := Parse([]byte(bad)); err == nil || !strings.Contains(err.Error(), "colleague") {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}
