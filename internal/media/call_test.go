package media

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

func TestTwoPhonesHearEachOther(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
	}{
		{"PCMU", Config{}},
		{"PCMA", Config{Codecs: []string{"pcma"}, PortMin: 20000, PortMax: 29999}},
		{"PCMU", Config{Secure: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
			a := start(t, c.cfg, audio.Choice{Input: "tone:440", Output: "file:" + fileA, Ring: "null"})
			b := start(t, c.cfg, audio.Choice{Input: "tone:1004", Output: "file:" + fileB, Ring: "null"})
			connect(a, b, "c1")
			eventually(t, "both hear a clear tone", func() bool {
				return clearest(recording(t, fileA), 1004) > 25 && clearest(recording(t, fileB), 440) > 25
			})
			loud := func(l call.Levels) bool { return l.In > 0.2 && l.In < 0.3 && l.Out > 0.2 && l.Out < 0.3 }
			await(a, "levels", loud)
			a.engine.Do(call.Release{ID: "c1"})
			a.engine.Do(call.Release{ID: "c1"})
			a.engine.Do(call.Release{ID: "unknown"})
			b.engine.Do(call.Release{ID: "c1"})
			for _, n := range append(a.events(), b.events()...) {
				t.Errorf("unexpected %+v", n)
			}
		})
	}
}

func TestHoldAndResume(t *testing.T) {
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	a := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	connect(a, b, "c1")
	talking := func() bool { return hears(fileA, 1004) && hears(fileB, 440) }
	eventually(t, "both hear", talking)
	if up := reoffer(a, b, "c1", true); !up.RemoteHeld {
		t.Errorf("the held side was told %+v", up)
	}
	eventually(t, "both are silent", func() bool { return silent(fileA) && silent(fileB) })
	if up := reoffer(a, b, "c1", false); up.RemoteHeld {
		t.Errorf("the resumed side was told %+v", up)
	}
	eventually(t, "both hear again", talking)

	a.engine.Do(call.MakeReoffer{ID: "c1", Hold: true})
	await[call.LocalSDP](a, "an offer that is refused", nil)
	a.engine.Do(call.Rollback{ID: "c1"})
	a.engine.Do(call.Gate{ID: "c1", On: true})
	await(a, "muted levels", func(l call.Levels) bool { return l.Out == 0 && l.In > 0.2 })
	eventually(t, "mute silences one way only", func() bool {
		return silent(fileB) && hears(fileA, 1004)
	})
	a.engine.Do(call.Gate{ID: "c1", On: false})
	eventually(t, "both hear after mute", talking)
}

func TestDigitsBothWays(t *testing.T) {
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	connect(a, b, "c1")
	a.engine.Do(call.PlayDigits{ID: "c1", Digits: "1123"})
	a.engine.Do(call.PlayDigits{ID: "c1", Digits: "A#"})
	b.engine.Do(call.PlayDigits{ID: "c1", Digits: "0*D"})
	for p, want := range map[*phone]string{a: "0*D", b: "1123A#"} {
		for _, r := range want {
			if got := await[call.DigitReceived](p, "a digit", nil); got.Digit != r {
				t.Errorf("heard %c, want %c", got.Digit, r)
			}
		}
	}
}

func TestEarlyMediaThenFinalAnswer(t *testing.T) {
	fileA := wav(t, "a.wav")
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + fileA})
	early := start(t, Config{}, audio.Choice{Input: "tone:500", Output: "null"})
	final := start(t, Config{}, audio.Choice{Input: "tone:1200", Output: "null"})
	a.engine.Do(call.MakeOffer{ID: "c1"})
	offer := await[call.LocalSDP](a, "the offer", nil)
	for _, p := range []*phone{early, final} {
		p.engine.Do(call.MakeAnswer{ID: "c1", Offer: offer.SDP})
	}
	for hz, p := range map[float64]*phone{500: early} {
		a.engine.Do(call.Connect{ID: "c1", Answer: await[call.LocalSDP](p, "an answer", nil).SDP})
		await[call.MediaUp](a, "sound", nil)
		eventually(t, "early media is heard", func() bool { return hears(fileA, hz) })
		p.engine.Do(call.Release{ID: "c1"})
	}
	a.engine.Do(call.Connect{ID: "c1", Answer: nil})
	await[call.MediaUp](a, "sound after an empty answer", nil)
	a.engine.Do(call.Connect{ID: "c1", Answer: await[call.LocalSDP](final, "the final answer", nil).SDP})
	await[call.MediaUp](a, "sound after the final answer", nil)
	eventually(t, "the final answerer is heard", func() bool { return hears(fileA, 1200) })
}

// TestAnotherPhoneAnswers than the one whose early media was heard, with a key of its own: it hears us, and is heard.
func TestAnotherPhoneAnswers(t *testing.T) {
	for _, secure := range []bool{false, true} {
		cfg := Config{Secure: secure}
		fileA, fileFinal := wav(t, "a.wav"), wav(t, "final.wav")
		a := start(t, cfg, audio.Choice{Input: "tone:440", Output: "file:" + fileA})
		early := start(t, cfg, audio.Choice{Input: "tone:500", Output: "null"})
		final := start(t, cfg, audio.Choice{Input: "tone:1200", Output: "file:" + fileFinal})
		a.engine.Do(call.MakeOffer{ID: "c1"})
		offer := await[call.LocalSDP](a, "the offer", nil)
		for _, p := range []*phone{early, final} {
			p.engine.Do(call.MakeAnswer{ID: "c1", Offer: offer.SDP})
		}
		a.engine.Do(call.Connect{ID: "c1", Answer: await[call.LocalSDP](early, "the first answer", nil).SDP})
		if up := await[call.MediaUp](a, "early media", nil); !up.Events {
			t.Errorf("%+v", up)
		}
		eventually(t, "early media is heard", func() bool { return hears(fileA, 500) })
		a.engine.Do(call.Connect{ID: "c1", Answer: await[call.LocalSDP](final, "the other answer", nil).SDP})
		await[call.MediaUp](a, "sound", nil)
		early.engine.Do(call.Release{ID: "c1"})
		eventually(t, "the two hear each other", func() bool { return hears(fileA, 1200) && hears(fileFinal, 440) })
	}
}

// TestOffersThatComeToNothing: their sound goes on where it went, through an offer that they take back, and a refresh whose answer
// cannot be used.
func TestOffersThatComeToNothing(t *testing.T) {
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	a := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	connect(a, b, "c1")
	for _, dir := range []string{"sendonly", "sendrecv"} {
		a.engine.Do(call.MakeAnswer{ID: "c1", Offer: []byte("v=0\r\no=- 1 2 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\na=" + dir + "\r\n")})
		await[call.LocalSDP](a, "the answer", nil)
		a.engine.Do(call.Rollback{ID: "c1"})
	}
	for _, sdp := range []string{"hello", "v=0\r\nc=IN IP4 127.0.0.2\r\nm=audio 0 RTP/AVP 0\r\n", "v=0\r\nc=IN IP4 127.0.0.2\r\nm=audio 40000 RTP/AVP 3\r\n"} {
		a.engine.Do(call.Connect{ID: "c1", Answer: []byte(sdp), Refresh: true})
	}
	a.engine.Do(call.Connect{ID: "c1"})
	if up := await[call.MediaUp](a, "what is in force", nil); up.Codec != "OPUS" || up.RemoteHeld {
		t.Errorf("%+v", up)
	}
	for _, n := range a.events() {
		t.Errorf("unexpected %+v", n)
	}
	eventually(t, "both hear", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
}

// TestSameAddressAnotherKey: behind one gateway another phone has the same address; its packets count from elsewhere.
func TestSameAddressAnotherKey(t *testing.T) {
	s := established(t, netip.MustParseAddrPort("127.0.0.2:40000"), "")
	s.receive(clockStart(), netip.MustParseAddrPort("127.0.0.2:40000"), voice(1, 5), false)
	s.agreed.RecvKey = []byte("another")
	if err := s.apply(clockStart()); err != nil || s.reception.known {
		t.Errorf("the old source is still believed: %v", err)
	}
}

// TestBeepBeforeTheMicrophone: the far end of a call that answered itself hears nothing until the agent has been warned.
func TestBeepBeforeTheMicrophone(t *testing.T) {
	ear, far := wav(t, "ear.wav"), wav(t, "far.wav")
	a := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "file:" + ear})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + far})
	a.engine.Do(call.PlayTone{ID: "c1", Tone: call.AnswerBeep})
	connect(b, a, "c1")
	first := await(a, "levels", func(l call.Levels) bool { return l.Out > 0 })
	heard := recording(t, ear)
	if all, sine := power(heard, 784); first.ID != "c1" || sine < 0.02*all || all == 0 {
		t.Errorf("the microphone opened before the beep: %v of %v in %d samples", sine, all, len(heard))
	}
	eventually(t, "the far end hears", func() bool { return hears(far, 440) })
	if at := slices.IndexFunc(heard, func(v int16) bool { return v != 0 }); at < 0 || len(heard)-at < audio.Rate/4-audio.Rate/10 { // written in tenths of a second
		t.Errorf("the beep began at %d of %d samples", at, len(heard))
	}
}

func TestRecordingHoldsCallsOneAfterAnother(t *testing.T) {
	file := wav(t, "a.wav")
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + file})
	for i, tone := range []string{"tone:600", "tone:900"} {
		b := start(t, Config{}, audio.Choice{Input: tone, Output: "null"})
		id := call.ID([]string{"c1", "c2"}[i])
		connect(a, b, id)
		hz := []float64{600, 900}[i]
		eventually(t, "the tone of this call", func() bool { return clearest(recording(t, file), hz) > 20 })
		a.engine.Do(call.Release{ID: id})
	}
	if s := recording(t, file); clearest(s, 600) < 20 || clearest(s, 900) < 20 {
		t.Error("the second call replaced the first")
	}
}

func TestTwoCallsAreMixed(t *testing.T) {
	file := wav(t, "a.wav")
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + file})
	connect(a, start(t, Config{}, audio.Choice{Input: "tone:600", Output: "null"}), "c1")
	connect(a, start(t, Config{}, audio.Choice{Input: "tone:900", Output: "null"}), "c2")
	eventually(t, "both tones at once", func() bool {
		s, _ := tail(file)
		all, low := power(s, 600)
		_, high := power(s, 900)
		return low > 0.4*all && high > 0.4*all
	})
}

func TestTonesGoWhereTheyBelong(t *testing.T) {
	ear, bell := wav(t, "ear.wav"), wav(t, "bell.wav")
	p := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + ear, Ring: "file:" + bell})
	p.engine.Do(call.PlayTone{ID: "c1", Tone: call.Ringtone})
	p.engine.Do(call.PlayTone{ID: "c2", Tone: call.Ringback})
	eventually(t, "ringing and ringback", func() bool {
		e, sine := power(recording(t, ear), 440)
		return clearest(recording(t, bell), 587.33) > 0 && sine > 0.3*e && e > 0
	})
	p.engine.Do(call.StopTone{ID: "c1"})
	p.engine.Do(call.PlayTone{ID: "c2", Tone: call.BusyTone})
	p.engine.Do(call.Release{ID: "c2"})
	eventually(t, "busy outlives its call", func() bool { return clearest(recording(t, ear), 620) > -3 })
	before := -1
	eventually(t, "and ends by itself", func() bool {
		n := len(recording(t, ear))
		same := n == before && n > 2*audio.Rate
		before = n
		return same
	})
}

func TestWhatCannotBe(t *testing.T) {
	p := start(t, Config{PortMin: 20000, PortMax: 20001}, audio.Choice{Input: "silence", Output: "null"})
	failed := func(cause call.Cause, part string) {
		t.Helper()
		f := await[call.MediaFailed](p, "a failure", nil)
		if f.Reason.Cause != cause || !strings.Contains(f.Reason.Detail, part) {
			t.Errorf("%+v, want %s and %q", f.Reason, cause, part)
		}
	}
	p.engine.Do(call.Connect{ID: "x", Answer: nil})
	failed(call.NoSound, "no sound set up")
	p.engine.Do(call.MakeReoffer{ID: "x"})
	failed(call.NoSound, "no sound set up")
	p.engine.Do(call.MakeAnswer{ID: "x", Offer: []byte("v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 18\n")})
	failed(call.NotAcceptable, "no common codec")
	p.engine.Do(call.MakeOffer{ID: "x"})
	await[call.LocalSDP](p, "an offer on the only port, free again", nil)
	p.engine.Do(call.MakeOffer{ID: "y"})
	failed(call.NoSound, "in use")
	p.engine.Do(call.Connect{ID: "x", Answer: []byte("v=0\nm=audio 0 RTP/AVP 0\n")})
	failed(call.NotAcceptable, "refused our offer")
}

func TestRefusedReofferChangesNothing(t *testing.T) {
	file := wav(t, "a.wav")
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + file})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	connect(a, b, "c1")
	for _, bad := range []string{"", "v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 18\n", "v=0\nc=IN IP4 127.0.0.1\nm=audio 0 RTP/AVP 0\n"} {
		a.engine.Do(call.MakeAnswer{ID: "c1", Offer: []byte(bad)})
		if got := await[call.MediaFailed](a, "the refusal", nil); got.Reason.Cause != call.NotAcceptable {
			t.Errorf("%+v", got)
		}
	}
	_, had := tail(file)
	eventually(t, "the tone goes on", func() bool {
		_, now := tail(file)
		return now > had+audio.Rate/2 && hears(file, 1004)
	})
}

func TestMutedBeforeThereIsSound(t *testing.T) {
	a := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	a.engine.Do(call.Gate{ID: "c1", On: true})
	connect(a, b, "c1")
	for range 5 {
		if l := await[call.Levels](a, "levels", nil); l.Out != 0 {
			t.Errorf("%+v", l)
		}
	}
	a.engine.Do(call.Gate{ID: "c1", On: false})
	await(a, "sound", func(l call.Levels) bool { return l.Out > 0.2 })
}

func TestAddressByTheRoute(t *testing.T) {
	e := New(Config{}, nil)
	if got := e.localAddr([]byte("v=0\nc=IN IP4 127.0.0.5\nm=audio 9 RTP/AVP 0\n")); got != loopback() {
		t.Errorf("the way to 127.0.0.5 leaves from %v", got)
	}
	if got := e.localAddr(nil); !got.IsValid() || got.IsUnspecified() {
		t.Errorf("the default way leaves from %v", got)
	}
	e.cfg.LocalAddr = func() netip.Addr { return netip.MustParseAddr("::ffff:192.0.2.7") }
	if got := e.localAddr(nil); got.String() != "192.0.2.7" {
		t.Errorf("the configured address became %v", got)
	}
	p, err := openPair(netip.MustParseAddr("192.0.2.7"), 0, 0) // outside a NAT
	if err != nil || p.close() != nil {
		t.Error(err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]Config{
		"not a usable range":          {PortMin: 5000, PortMax: 5000},
		"not one of opus, g722":       {Codecs: []string{"speex"}},
		"is not off, auto, or any of": {Processing: "loud"},
		"ports 0 to 70000 are not":    {PortMax: 70000},
	} {
		if err := New(cfg, nil).Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

func TestDeviceTroubleIsToldAndPasses(t *testing.T) {
	fileB := wav(t, "b.wav")
	a := start(t, Config{}, audio.Choice{Input: "file:/nowhere.wav", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + fileB})
	connect(a, b, "c1")
	if got := await[call.AudioProblem](a, "the problem", nil); !strings.HasPrefix(got.Text, "The microphone cannot be used: ") {
		t.Errorf("%q", got.Text)
	}
	a.audio.Choose(audio.Choice{Input: "tone:440", Output: "null"})
	if got := await[call.AudioProblem](a, "its end", nil); got.Text != "" {
		t.Errorf("%q", got.Text)
	}
	eventually(t, "the call goes on with the new device", func() bool { return hears(fileB, 440) })
}

func TestRunEndsQuicklyWithEverythingOpen(t *testing.T) {
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "null", Ring: "null"})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	connect(a, b, "c1")
	a.engine.Do(call.PlayTone{ID: "c2", Tone: call.Ringtone})
	begin := time.Now()
	a.stop()
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	a.engine.Do(call.MakeOffer{ID: "late"})
}

// TestConference: everybody hears everybody else and nobody themselves, also while the agent is muted.
func TestConference(t *testing.T) {
	ear, fileB, fileC := wav(t, "a.wav"), wav(t, "b.wav"), wav(t, "c.wav")
	a := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "file:" + ear})
	b := start(t, Config{}, audio.Choice{Input: "tone:600", Output: "file:" + fileB})
	c := start(t, Config{Secure: true}, audio.Choice{Input: "tone:900", Output: "file:" + fileC})
	connect(a, b, "b")
	connect(a, c, "c")
	eventually(t, "only the agent is heard by both", func() bool { return parts(fileB, 440)() && parts(fileC, 440)() })
	a.engine.Do(call.JoinIn{ID: "b", On: true})
	a.engine.Do(call.JoinIn{ID: "c", On: true})
	eventually(t, "b hears the agent and c", parts(fileB, 440, 900))
	eventually(t, "c hears the agent and b", parts(fileC, 440, 600))
	eventually(t, "the agent hears both", parts(ear, 600, 900))
	a.engine.Do(call.Gate{ID: "b", On: true})
	a.engine.Do(call.Gate{ID: "c", On: true})
	eventually(t, "muted: b hears c alone", parts(fileB, 900))
	eventually(t, "muted: c hears b alone", parts(fileC, 600))
	a.engine.Do(call.Park{ID: "c", On: true})
	eventually(t, "c is parked and heard by nobody", func() bool { return silent(fileB) && silent(fileC) && parts(ear, 600)() })
	a.engine.Do(call.Park{ID: "c"})
	a.engine.Do(call.JoinIn{ID: "c"})
	a.engine.Do(call.Gate{ID: "b"})
	eventually(t, "c is out of it", func() bool { return parts(fileB, 440)() && silent(fileC) && parts(ear, 600, 900)() })
}

// parts reports whether a recording ends with these tones alike, and hardly anything else.
func parts(file string, hz ...float64) func() bool {
	return func() bool {
		s, _ := tail(file)
		sum := 0.0
		all := 0.0
		for _, f := range hz {
			whole, part := power(s, f)
			if all = whole; part < 0.8*whole/float64(len(hz)) {
				return false
			}
			sum += part
		}
		return sum > 0.97*all
	}
}

// TestConferenceOfDifferentCodecs: of PCMU in 20 ms, PCMA in 40 ms and PCMA in 60 ms encrypted, everybody hears everybody else.
func TestConferenceOfDifferentCodecs(t *testing.T) {
	ear := wav(t, "ear.wav")
	agent := start(t, Config{}, audio.Choice{Input: "tone:440", Output: "file:" + ear})
	legs := []struct {
		id    call.ID
		cfg   Config
		ptime string
		hz    float64
		hears []float64
	}{
		{"pcmu", Config{Codecs: []string{"pcmu"}}, "20", 600, []float64{440, 900, 1300}},
		{"pcma", Config{Codecs: []string{"pcma"}}, "40", 900, []float64{440, 600, 1300}},
		{"long", Config{Codecs: []string{"pcma"}, Secure: true}, "60", 1300, []float64{440, 600, 900}},
	}
	files := map[call.ID]string{}
	for _, l := range legs {
		files[l.id] = wav(t, string(l.id)+".wav")
		far := start(t, l.cfg, audio.Choice{Input: fmt.Sprintf("tone:%.0f", l.hz), Output: "file:" + files[l.id]})
		far.engine.Do(call.MakeOffer{ID: l.id})
		offer := await[call.LocalSDP](far, "the offer", nil).SDP
		agent.engine.Do(call.MakeAnswer{ID: l.id, Offer: bytes.Replace(offer, []byte("a=ptime:20"), []byte("a=ptime:"+l.ptime), 1)})
		answer := await[call.LocalSDP](agent, "the answer", nil).SDP
		if !bytes.Contains(answer, []byte("a=ptime:"+l.ptime)) {
			t.Errorf("%s: %s", l.id, answer)
		}
		far.engine.Do(call.Connect{ID: l.id, Answer: answer})
		if up := await[call.MediaUp](agent, "sound", nil); !strings.EqualFold(up.Codec, l.cfg.Codecs[0]) {
			t.Errorf("%s speaks %s", l.id, up.Codec)
		}
		agent.engine.Do(call.JoinIn{ID: l.id, On: true})
	}
	for _, l := range legs {
		eventually(t, string(l.id)+" hears the others", parts(files[l.id], l.hears...))
	}
	eventually(t, "the agent hears all", parts(ear, 600, 900, 1300))
}
