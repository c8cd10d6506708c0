package sdp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Opus is what the far end wishes of the Opus it gets (RFC 7587 §6.1).
type Opus struct {
	Rate    int  // in Hz, the highest rate of sound it can play: 8000 to 48000
	Bitrate int  // in bit/s, at most; 0: it does not say
	FEC     bool // redundancy is of use to it
	DTX     bool // it would rather get nothing while there is nothing to hear
	CBR     bool // all packets shall be of one size
}

// noise is comfort noise as it is always offered (RFC 3389 §4); it has a static payload type.
func noise() Codec { return Codec{"CN", 13, 8000} }

// parameters are those of a format, by their names in lower case.
func (m Media) parameters(pt uint8) map[string]string {
	out := map[string]string{}
	for _, v := range m.values("fmtp") {
		format, list, _ := strings.Cut(v, " ")
		if format != strconv.Itoa(int(pt)) {
			continue
		}
		for _, p := range strings.Split(list, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(p), "=")
			out[strings.ToLower(key)] = strings.TrimSpace(value)
		}
	}
	return out
}

// opus reads the far end's wishes; what is nonsense counts as not said.
func (m Media) opus(pt uint8) Opus {
	p := m.parameters(pt)
	number := func(key string, low, high, other int) int {
		n, err := strconv.Atoi(p[key])
		if err != nil || n < low || n > high {
			return other
		}
		return n
	}
	return Opus{
		Rate: number("maxplaybackrate", 8000, 48000, 48000), Bitrate: number("maxaveragebitrate", 6000, 510000, 0),
		FEC: p["useinbandfec"] == "1", DTX: p["usedtx"] == "1", CBR: p["cbr"] == "1",
	}
}

// quieted finds comfort noise of the codec's clock.
func quieted(theirs []Codec, codec Codec) Codec {
	i := slices.IndexFunc(theirs, func(c Codec) bool { return c.Name == "CN" && c.Clock == codec.Clock })
	if i < 0 || codec.Name != "PCMU" && codec.Name != "PCMA" {
		return Codec{}
	}
	return theirs[i]
}

// opusLine is what we wish of the Opus we get.
func (s State) opusLine(pt uint8) Attr {
	wish := fmt.Sprintf("%d useinbandfec=1;minptime=10", pt)
	if s.local.Quiet {
		wish += ";usedtx=1"
	}
	return Attr{"fmtp", wish}
}

// quiet is the comfort noise we offer: some, if there is a codec for it.
func (s State) quiet() Codec {
	if s.local.Quiet && slices.ContainsFunc(s.codecs, func(c Codec) bool { return c.Name == "PCMU" || c.Name == "PCMA" }) {
		return noise()
	}
	return Codec{}
}
