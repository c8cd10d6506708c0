package sip

import (
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

const (
	ringFirst   = 2 * time.Second  // "Ring Answer" without a time
	longestRing = 30 * time.Second // before a call answers itself
)

// selfAnswering reads whether the caller's PBX wants a call to answer itself, and after how long. The headers are those of
// Call-Info with answer-after, Alert-Info in the words that desk phones know, Answer-Mode (RFC 5373) and P-Auto-Answer.
// Whether that is allowed is for the account to say.
func selfAnswering(req *sipmsg.Request) (after time.Duration, ok bool) {
	for _, v := range headerValues(req, "Call-Info") {
		if s, has := headerParam(v, "answer-after"); has {
			return ringTime(s, 0), true
		}
	}
	for _, v := range headerValues(req, "Alert-Info") {
		if after, ok := alertAnswers(v); ok {
			return after, true
		}
	}
	mode, _, _ := strings.Cut(headerValue(req, "Answer-Mode"), ";")
	auto, _, _ := strings.Cut(headerValue(req, "P-Auto-Answer"), ";")
	return 0, strings.EqualFold(strings.TrimSpace(mode), "auto") || strings.EqualFold(strings.TrimSpace(auto), "normal")
}

// alertAnswers reads one Alert-Info: ";info=alert-autoanswer;delay=0", the words alone, or a delay alone.
func alertAnswers(v string) (after time.Duration, ok bool) {
	delay, delayed := headerParam(v, "delay")
	words, named := headerParam(v, "info")
	if !named {
		words = strings.Trim(v, `<>" `)
	}
	switch strings.ToLower(strings.ReplaceAll(words, "-", " ")) {
	case "ring answer":
		return ringTime(delay, ringFirst), true
	case "alert autoanswer", "auto answer", "autoanswer":
		return ringTime(delay, 0), true
	}
	return ringTime(delay, 0), delayed && !named
}

// ringTime reads a number of seconds.
func ringTime(s string, otherwise time.Duration) time.Duration {
	n := seconds(s)
	if n < 0 {
		return otherwise
	}
	return min(time.Duration(n)*time.Second, longestRing)
}

// headerParam is the value of a ;name=value behind what stands in < >; in a header of several values, the first that has it.
func headerParam(v, name string) (value string, ok bool) {
	inside, quoted := false, false
	rest := strings.Map(func(r rune) rune { // separators in an address or a quoted text separate nothing
		switch {
		case r == '"':
			quoted = !quoted
		case r == '<' && !quoted:
			inside = true
		case r == '>' && !quoted:
			inside = false
		case (r == ';' || r == ',') && (inside || quoted):
			return ' '
		case r == ',':
			return ';'
		}
		return r
	}, v)
	_, rest, _ = strings.Cut(rest, ";")
	for p := range strings.SplitSeq(rest, ";") {
		key, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.Trim(value, `" `), true
		}
	}
	return "", false
}
