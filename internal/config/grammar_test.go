package config

import (
	"strings"
	"testing"

	"sidetone/internal/call"
)

// TestGrammarInPlainWords: each is one sentence that names the line and the way out, and repeats nothing of it but names.
func TestGrammarInPlainWords(t *testing.T) {
	for text, want := range map[string]string{
		"[calls]\nwhen_busy = 'wait'\n[sip]\nport = 1\n[calls]\n": "line 5: [calls] is there twice: put its settings under the first one and remove this line",
		"[sip]\nport = 1\nport = 2\n":                             "line 3: sip.port is set twice: remove one of the two lines",
		"[sip]\n[[sip]]\n":                                        "line 2: there is a [sip] already: write either this one with one bracket or that one with two",
		"[[account]]\nid = 'a'\n[account]\n":                      "line 3: there is a [[account]] already: write this one with two brackets as well",
		"# a\n[media\nx = 1\n":                                    "line 2: the name of a table is not closed: write it as [name]",
		"[[account]\nid = 'a'\n":                                  "line 1: the name of a table is not closed: write it as [[name]]",
		"[sip] port = 1\n":                                        "line 1: one line is one setting",
		"[sip]\nhunter2 hunter2\n":                                "line 2: a setting is written as name = value",
		"[sip]\nproxy =\n":                                        "line 2: the value is missing: write name = value, a text in quotes",
		"[sip]\nproxy = \"hunter2\n":                              "line 2: a text ends with a quotation mark on its own line",
		"[sip]\nproxy = hunter2\n":                                "line 2: ",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "Key '") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestVoicemailIsWhatCanBeDialled(t *testing.T) {
	for text, ok := range map[string]bool{"": true, "*97": true, "1571": true, "sip:messages@example.com": true, "hello": false, "messages@example.com": false} {
		c := Config{Accounts: []call.Account{{ID: "main", Address: "sip:142@example.com", Voicemail: text}}}
		if err := c.Check(); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "account main: voicemail is") {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := Parse([]byte("[[account]]\nid = 'main'\naddress = 'sip:142@example.com'\nvoicemail = 'hello'\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 4: ") {
		t.Errorf("%v", err)
	}
}

func TestWebSocketWithoutTransport(t *testing.T) {
	_, err := Parse([]byte("[[account]]\nid = 'main'\naddress = 'sip:142@example.com'\nserver = 'wss://sip.example.com/ws'\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "line 4: ") || !strings.HasSuffix(err.Error(), `set transport = "wss"`) {
		t.Errorf("%v", err)
	}
}

// TestWrongKindsInPlainWords: the reader's own words for kinds are nobody else's.
func TestWrongKindsInPlainWords(t *testing.T) {
	const account, two = "[[account]]\nid = 'a'\naddress = 'sip:1@example.com'\n", "[[colleague]]\nnumber = '100'\n[[colleague]]\n"
	for text, want := range map[string]string{
		"# a\n[account]\nid = 'a'\n":           "line 2: there may be several of these: write [[account]], with two brackets",
		"[colleague]\nnumber = '1'\n":          "line 1: there may be several of these: write [[colleague]], with two brackets",
		"[[sip]]\nport = 1\n":                  "line 1: there is one sip only: write [sip], with one bracket",
		account + "voicemail = ['9100']\n":     "line 4: account.voicemail: it takes a text in quotes, not a list in brackets. Mend or remove the line",
		"[sip]\nport = { a = 1 }\n":            "line 2: sip.port: it takes a whole number, not a table. Mend or remove the line",
		"[sip]\nport = 99999999999999999999\n": "line 2: the number is too large. Mend or remove the line",
		two + "number = 101\n":                 "line 4: colleague.number: it takes a text in quotes, not a whole number. Mend or remove the line",
		two + "number = '100'\n":               "line 4: two colleagues have the number 100: remove one",
		two + "number = 'x y'\n":               "line 4: colleague.number is \"x y\": ",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
