package main

import (
	"errors"
	"slices"

	"sidetone/internal/control"
	"sidetone/internal/phone"
)

// severalRequest is what concerns more than one call, or the calls to come.
func severalRequest(req control.Request, o options, verb string, words []string) (_ control.Request, ours bool, _ error) {
	req.Do = phone.Verb(verb)
	switch verb {
	case "swap", "join", "split", "complete", "take-back":
		if len(words) > 0 {
			return req, true, miscounted(verb)
		}
	case "transfer":
		if len(words) == 1 == (o.with != "") || len(words) > 1 {
			return req, true, errors.New("write: sidetonectl transfer NUMBER, or transfer --with CALL")
		}
		req.With = callID(o.with)
		req.Number = slices.Concat(words, []string{""})[0]
	case "consult", "divert":
		if len(words) != 1 {
			return req, true, miscounted(verb)
		}
		req.Number = words[0]
	case "dnd":
		if len(words) != 1 || words[0] != "on" && words[0] != "off" {
			return req, true, errors.New("write: sidetonectl dnd on, or dnd off")
		}
		req.Mode = words[0]
	case "forward":
		if slices.Equal(words, []string{"off"}) {
			return req, true, nil // in every case
		}
		if len(words) != 2 || !slices.Contains([]string{"always", "busy", "no-answer"}, words[0]) {
			return req, true, errors.New("write: sidetonectl forward WHEN NUMBER, where WHEN is always, busy or no-answer; forward WHEN off; or forward off to end all of them")
		}
		req.Mode = words[0]
		if words[1] != "off" {
			req.Number = words[1]
		}
	default:
		return req, false, nil
	}
	return req, true, nil
}
