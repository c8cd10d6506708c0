package sip

import (
	"fmt"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/internal/call"
)

const (
	infoType = "application/dtmf-relay"

	trickleType = "application/trickle-ice-sdpfrag" // RFC 8840
	infoTime    = 160 * time.Millisecond            // how long a digit lasts at the far end
	infoPause   = 90 * time.Millisecond             // after it, at least
)

// info is an INFO of theirs: DTMF and candidates are told and taken, nothing at all is taken, anything else is refused.
func (l *leg) info(req *sipmsg.Request, tx *sipmsg.ServerTx) {
	kind, _, _ := strings.Cut(headerValue(req, "Content-Type", "c"), ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case infoType, "application/dtmf":
		if digit, ok := digitOf(req.Body()); ok {
			l.tell(call.DigitReceived{Digit: digit})
		}
		l.reply(req, tx, 200)
	case trickleType:
		l.tell(call.Trickled{Fragment: req.Body()})
		l.reply(req, tx, 200)
	case "":
		l.reply(req, tx, 200)
	default:
		l.reply(req, tx, 415)
	}
}

// digitOf reads the body of an INFO: a "Signal=5" line of dtmf-relay, or the digit alone. 10 to 15 are *, # and A to D.
func digitOf(body []byte) (rune, bool) {
	for line := range strings.Lines(string(body[:min(len(body), 256)])) {
		name, value, ok := strings.Cut(line, "=")
		switch {
		case !ok:
			value = name
		case !strings.EqualFold(strings.TrimSpace(name), "Signal"):
			continue
		}
		value = strings.ToUpper(strings.TrimSpace(value))
		if value == "" {
			continue
		}
		if n := seconds(value); len(value) == 2 && n >= 10 && n <= 15 {
			return rune("*#ABCD"[n-10]), true
		}
		if len(value) == 1 && strings.Contains("0123456789*#ABCD", value) {
			return rune(value[0]), true
		}
		return 0, false
	}
	return 0, false
}

// sendInfo is the SendInfo effect: one INFO for each digit, one after the other.
func (l *leg) sendInfo(digits string) {
	l.digits += digits
	if !l.dialling {
		l.nextDigit()
	}
}

func (l *leg) nextDigit() {
	d := &l.dlg
	if l.state == calling && l.heard != nil {
		d = &l.heard.dlg
	} else if l.state != up {
		l.noInfo("")
		return
	}
	l.dialling = l.digits != ""
	if !l.dialling {
		return
	}
	digit := l.digits[:1]
	l.digits = l.digits[1:]
	sent := time.Now()
	x := l.in(d, sipmsg.INFO, nil, func(x *exchange, res *sipmsg.Response, err error) {
		if err == nil && res.StatusCode >= 400 && !x.old(res) {
			l.noInfo(digit)
			return
		}
		l.u.after(max(0, time.Until(sent.Add(infoTime+infoPause))), l.nextDigit)
	})
	x.req.AppendHeader(sipmsg.NewHeader("Content-Type", infoType))
	x.req.SetBody(fmt.Appendf(nil, "Signal=%s\r\nDuration=%d\r\n", digit, infoTime.Milliseconds()))
	x.start(l.u)
}

// noInfo is a far end that refuses digits by INFO, although it takes INFO: they are sent in another way.
func (l *leg) noInfo(digit string) {
	digits := digit + l.digits
	l.digits, l.dialling = "", false
	if digits != "" {
		l.tell(call.InfoRefused{Digits: digits})
	}
}
