package pbx

import (
	"net/netip"
	"strings"
	"testing"
)

func TestULawRoundTrip(t *testing.T) {
	// Values of ITU-T G.711 table 2a: the code words of the extremes and of both zeroes.
	for code, want := range map[byte]int16{0x80: 32124, 0x00: -32124, 0xff: 0, 0x7f: 0, 0xfe: 8} {
		if got := decodeULaw(code); got != want {
			t.Errorf("code %#x is %d, want %d", code, got, want)
		}
	}
	for v := -32768; v < 32768; v += 7 {
		got := int(decodeULaw(encodeULaw(int16(v))))
		if diff := got - v; diff > 700 || diff < -700 || diff*16 > 16*8+abs(v) {
			t.Fatalf("%d became %d", v, got)
		}
	}
}

func abs(v int) int { return max(v, -v) }

func TestSDP(t *testing.T) {
	d := parseSDP("v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 4000 RTP/AVP 96\r\nm=audio 5000 RTP/AVP 8 0 97\nc=IN IP4 192.0.2.2\n" +
		"a=rtpmap:97 telephone-event/8000\na=sendonly\nm=audio 6000 RTP/AVP 0\na=inactive")
	if !d.usable() || d.addr.String() != "192.0.2.2:5000" || d.event != 97 || d.direction != "sendonly" || d.mirrored() != "recvonly" {
		t.Errorf("%+v", d)
	}
	answer := string(writeSDP(netip.MustParseAddrPort("127.0.0.1:9000"), 1, d.mirrored(), &d))
	if !strings.Contains(answer, "m=video 0 RTP/AVP 96\r\nm=audio 9000 RTP/AVP 0 97\r\n") || !strings.Contains(answer, "a=recvonly\r\nm=audio 0 RTP/AVP 0\r\n") {
		t.Error(answer)
	}
	for _, bad := range []string{"", "c=", "m=audio", "m=audio 5000 RTP/AVP 8", "m=audio x RTP/AVP 0\nc=IN IP4 1"} {
		if parseSDP(bad).usable() {
			t.Errorf("usable: %q", bad)
		}
	}
}

func TestDTMFFrequencies(t *testing.T) {
	for key, want := range map[rune][2]float64{'1': {697, 1209}, '5': {770, 1336}, '#': {941, 1477}, 'D': {941, 1633}} {
		if low, high := dtmf(key); low != want[0] || high != want[1] {
			t.Errorf("%c is %v %v", key, low, high)
		}
	}
}

func TestSpeechIsThere(t *testing.T) {
	s := Speech()
	if n := len(s) / 8000; n < 4 || n > 6 {
		t.Errorf("the sentence is %d s long", n)
	}
	s[0]++
	if Speech()[0] == s[0] {
		t.Error("callers share one slice")
	}
}

func TestPlan(t *testing.T) {
	for number, want := range map[string]bool{"9100": true, "+12025550142": true, "2025550142": true, "12": false, "abcdefgh": false, "1234567890123456": false} {
		if _, ok := planFor(number); ok != want {
			t.Errorf("%s: %v", number, ok)
		}
	}
	for _, n := range Numbers() {
		if _, ok := planFor(strings.ReplaceAll(n.Number, " ", "")); !ok {
			t.Errorf("%s is in the table but cannot be dialled", n.Number)
		}
	}
}
