package media

import (
	"encoding/binary"
	"math"
	"strings"

	"sidetone/internal/audio"
)

// digitKeys are the DTMF digits in the order of their event codes (RFC 4733 §3.2).
const digitKeys = "0123456789*#ABCD"

const (
	digitTime = 100 // milliseconds a digit lasts
	digitGap  = 80  // milliseconds between digits
	maxDigits = 256 // digits that may wait
)

// digitSender paces a queue of digits. It is asked once per packet.
type digitSender struct {
	queue  []byte // event codes
	active bool
	code   byte
	played int // milliseconds of the present digit
	ends   int // end packets sent
	pause  int // milliseconds until the next digit may begin
}

// add queues digits; what is not a digit, or too many, is left out.
func (d *digitSender) add(digits string) {
	for _, r := range digits {
		if code := strings.IndexRune(digitKeys, r); code >= 0 && len(d.queue) < maxDigits {
			d.queue = append(d.queue, byte(code))
		}
	}
}

// begin reports whether a digit starts with this packet of ms milliseconds.
func (d *digitSender) begin(ms int) bool {
	d.pause = max(0, d.pause-ms)
	if d.active || d.pause > 0 || len(d.queue) == 0 {
		return false
	}
	d.code, d.queue = d.queue[0], d.queue[1:]
	d.active, d.played, d.ends = true, 0, 0
	return true
}

// payload appends the event payload of the present packet (RFC 4733 §2.3): updates while the digit lasts, then its end
// three times (§2.5.1.4). Clock is the RTP clock in Hz.
func (d *digitSender) payload(dst []byte, ms, clock int) []byte {
	const volume = 10 // dBm0 below zero
	d.played = min(d.played+ms, digitTime)
	flags := byte(volume)
	if d.played == digitTime {
		flags |= 0x80
		if d.ends++; d.ends == 3 {
			// Two packets of the gap are over; begin takes off one more before it looks.
			d.active, d.pause = false, digitGap-ms
		}
	}
	dst = append(dst, d.code, flags)
	return binary.BigEndian.AppendUint16(dst, uint16(d.played*clock/1000))
}

// inBand adds the tones of the present digit to a block of 48 kHz sound, for far ends that take no events.
func (d *digitSender) inBand(block []int16) {
	row := [...]float64{697, 770, 852, 941}
	column := [...]float64{1209, 1336, 1477, 1633}
	key := strings.IndexByte("123A456B789C*0#D", digitKeys[d.code])
	low, high := 2*math.Pi*row[key/4]/audio.Rate, 2*math.Pi*column[key%4]/audio.Rate
	for i := range block {
		t := float64(d.played*audio.Rate/1000 + i)
		block[i] = int16(4000*math.Sin(low*t) + 5000*math.Sin(high*t))
	}
	if d.played += len(block) * 1000 / audio.Rate; d.played >= digitTime {
		d.active, d.pause = false, digitGap
	}
}

// digitReceiver finds the digits in received events.
type digitReceiver struct {
	seen bool
	at   uint32 // timestamp of the latest event
}

// event takes one telephone-event payload and returns its digit the first time the event is seen. All packets of an event
// have its timestamp (RFC 4733 §2.2), so one of them is enough, whichever arrives.
func (d *digitReceiver) event(timestamp uint32, payload []byte) (rune, bool) {
	if len(payload) < 4 || int(payload[0]) >= len(digitKeys) {
		return 0, false
	}
	if age := int32(d.at - timestamp); d.seen && age >= 0 && age < 10*8000 {
		return 0, false
	}
	d.seen, d.at = true, timestamp
	return rune(digitKeys[payload[0]]), true
}
