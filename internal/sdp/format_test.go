package sdp

import (
	"strings"
	"testing"
)

// TestOpusWishes: what the far end asks of its Opus, and what is nonsense.
func TestOpusWishes(t *testing.T) {
	for line, want := range map[string]Opus{
		"":                                      {Rate: 48000},
		"a=fmtp:111 useinbandfec=1;minptime=10": {Rate: 48000, FEC: true},
		"a=fmtp:111 maxplaybackrate=16000; sprop-maxcapturerate=16000; maxaveragebitrate=20000; stereo=0; useinbandfec=1; usedtx=1; cbr=1": {
			16000, 20000, true, true, true},
		"a=fmtp:111 MaxPlaybackRate=8000":                                  {Rate: 8000},
		"a=fmtp:111 maxplaybackrate=4;maxaveragebitrate=999999;usedtx=yes": {Rate: 48000},
		"a=fmtp:112 usedtx=1":                                              {Rate: 48000},
		"a=fmtp:111":                                                       {Rate: 48000},
	} {
		offer := "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 111\na=rtpmap:111 opus/48000/2\n" + line + "\n"
		wide := local()
		wide.Codecs = nil
		s, _, err := New(wide).Answer([]byte(offer))
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := s.Agreed(); a.Opus != want {
			t.Errorf("%s: %+v, want %+v", line, a.Opus, want)
		}
	}
}

// TestSilenceNeedNotBeSent: comfort noise is agreed where both sides want that and the codec is G.711, in offers and in answers.
func TestSilenceNeedNotBeSent(t *testing.T) {
	const head = "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP "
	for _, c := range []struct {
		quiet bool
		offer string
		noise bool
	}{
		{true, "0 13\n", true},
		{true, "0 13\na=rtpmap:13 CN/8000\n", true},
		{true, "0 96\na=rtpmap:96 CN/8000\n", true},
		{true, "0\n", false},
		{true, "9 13\n", false},
		{true, "0 96\na=rtpmap:96 CN/16000\n", false},
		{false, "0 13\n", false},
	} {
		far := local()
		far.Codecs, far.Quiet = nil, c.quiet
		s, answer, err := New(far).Answer([]byte(head + c.offer))
		if err != nil {
			t.Fatal(err)
		}
		a, _ := s.Agreed()
		if (a.Noise.Name == "CN") != c.noise || strings.Contains(string(answer), " CN/8000") != c.noise {
			t.Errorf("%+v: %+v\n%s", c, a.Noise, answer)
		}
	}
	quiet, loud := local(), local()
	quiet.Quiet = true
	caller, offer := New(quiet).Offer(false)
	if !strings.Contains(string(offer), "RTP/AVP 0 8 13 101") {
		t.Errorf("%s", offer)
	}
	for _, far := range []Local{quiet, loud} {
		_, answer, err := New(far).Answer(offer)
		if err != nil {
			t.Fatal(err)
		}
		s, err := caller.Accept(answer)
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := s.Agreed(); (a.Noise.Name == "CN") != far.Quiet {
			t.Errorf("%v: %+v", far.Quiet, a.Noise)
		}
	}
	wide := local()
	wide.Codecs, wide.Quiet = nil, true
	if _, offer := New(wide).Offer(false); !strings.Contains(string(offer), "a=fmtp:111 useinbandfec=1;minptime=10;usedtx=1\r\n") {
		t.Errorf("%s", offer)
	}
}
