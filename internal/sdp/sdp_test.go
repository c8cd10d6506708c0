package sdp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files again")

func local() Local {
	return Local{Addr: netip.MustParseAddr("192.0.2.10"), Port: 40000, SessionID: 7, Codecs: []string{"pcmu", "pcma"}}
}

func key(b byte) []byte { return bytes.Repeat([]byte{b}, KeySize) }

// theirKey is a key and salt of AES_CM_128_HMAC_SHA1_80.
func theirKey(b byte) []byte { return bytes.Repeat([]byte{b}, 30) }

const cryptoLine = "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC|2^20\r\n"

// offerOf builds a remote description around one audio line.
func offerOf(proto, formats string, attrs ...string) []byte {
	return []byte("v=0\r\no=x 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 5004 " + proto + " " +
		formats + "\r\n" + strings.Join(attrs, ""))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestWhatWeEmit(t *testing.T) {
	s, offer := New(local()).Offer(false)
	golden(t, "offer", offer)
	s, err := s.Accept(offerOf("RTP/AVP", "8 96", "a=rtpmap:96 telephone-event/8000\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, hold := s.Offer(true)
	golden(t, "hold", hold)

	_, answer, err := New(local()).Answer([]byte("v=0\nc=IN IP4 198.51.100.1\nm=image 6000 udptl t38\nm=video 5000 RTP/AVP 99\n" +
		"m=audio 5004 RTP/AVPF 8 9 0 97\na=rtpmap:97 telephone-event/8000\na=sendonly\na=rtcp-mux\na=ptime:30"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "answer", answer)

	six := local()
	six.Addr, six.Key, six.Security, six.Codecs = netip.MustParseAddr("2001:db8::1"), key(1), Required, []string{"pcma"}
	_, secure := New(six).Offer(false)
	golden(t, "secure-offer", secure)
}

func TestAnswerDirections(t *testing.T) {
	for _, c := range []struct {
		theirs     string
		hold       bool
		ours       string
		remoteHeld bool
	}{
		{"", false, "sendrecv", false},
		{"a=sendrecv\r\n", false, "sendrecv", false},
		{"a=sendonly\r\n", false, "recvonly", true},
		{"a=recvonly\r\n", false, "sendonly", false},
		{"a=inactive\r\n", false, "inactive", true},
		{"a=sendrecv\r\n", true, "sendonly", false},
		{"a=sendonly\r\n", true, "inactive", true},
		{"a=recvonly\r\n", true, "sendonly", false},
		{"a=inactive\r\n", true, "inactive", true},
		{"c=IN IP4 0.0.0.0\r\n", false, "recvonly", true},
		{"c=IN IP4 0.0.0.0\r\na=inactive\r\n", false, "inactive", true},
	} {
		s, _ := New(local()).Offer(c.hold)
		s, err := s.Accept(offerOf("RTP/AVP", "0"))
		if err != nil {
			t.Fatal(err)
		}
		s, answer, err := s.Answer(offerOf("RTP/AVP", "0", c.theirs))
		if err != nil {
			t.Fatalf("%q: %v", c.theirs, err)
		}
		a, up := s.Agreed()
		if !strings.Contains(string(answer), "a="+c.ours+"\r\n") || a.RemoteHeld != c.remoteHeld || !up {
			t.Errorf("%q hold=%v: answer %s, remote held %v", c.theirs, c.hold, answer, a.RemoteHeld)
		}
		if want := (direction{a.Send, a.Recv}).String(); want != c.ours {
			t.Errorf("%q hold=%v: agreed %s, answered %s", c.theirs, c.hold, want, c.ours)
		}
	}
}

func TestRefusals(t *testing.T) {
	withKey := local()
	withKey.Key = key(1)
	for _, c := range []struct {
		name  string
		local Local
		offer []byte
		want  error
	}{
		{"empty", local(), nil, ErrSyntax},
		{"noise", local(), []byte("hello world\r\n"), ErrSyntax},
		{"large", local(), bytes.Repeat([]byte("v=0\r\n"), 20000), ErrSyntax},
		{"many media", local(), bytes.Repeat([]byte("m=audio 1 RTP/AVP 0\r\n"), 65), ErrSyntax},
		{"video only", local(), []byte("v=0\nc=IN IP4 1.2.3.4\nm=video 5004 RTP/AVP 99\n"), ErrNoAudio},
		{"port 0", local(), []byte("v=0\nc=IN IP4 1.2.3.4\nm=audio 0 RTP/AVP 0\n"), ErrNoAudio},
		{"port nonsense", local(), []byte("v=0\nc=IN IP4 1.2.3.4\nm=audio 70000 RTP/AVP 0\n"), ErrNoAudio},
		{"G.729 only", local(), offerOf("RTP/AVP", "18"), ErrNoCodec},
		{"wideband named PCMU", local(), offerOf("RTP/AVP", "96", "a=rtpmap:96 PCMU/16000\r\n"), ErrNoCodec},
		{"stereo", local(), offerOf("RTP/AVP", "96", "a=rtpmap:96 PCMU/8000/2\r\n"), ErrNoCodec},
		{"no address", local(), []byte("v=0\nm=audio 5004 RTP/AVP 0\n"), ErrNoAddress},
		{"host name", local(), []byte("v=0\nc=IN IP4 pbx.example\nm=audio 5004 RTP/AVP 0\n"), ErrNoAddress},
		{"SAVP, no key here", local(), offerOf("RTP/SAVP", "0", cryptoLine), ErrEncrypted},
		{"SAVP, no crypto", withKey, offerOf("RTP/SAVP", "0"), ErrEncrypted},
		{"SAVP, other suite", withKey, offerOf("RTP/SAVP", "0", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA\r\n"), ErrEncrypted},
		{"SAVP, short key", withKey, offerOf("RTP/SAVP", "0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\r\n"), ErrEncrypted},
		{"DTLS", withKey, offerOf("UDP/TLS/RTP/SAVPF", "0"), ErrEncrypted},
	} {
		before := New(c.local)
		after, answer, err := before.Answer(c.offer)
		if !errors.Is(err, c.want) || answer != nil {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
		if _, up := after.Agreed(); up {
			t.Errorf("%s: agreed after a refusal", c.name)
		}
	}
}

func TestOddButUsable(t *testing.T) {
	for name, offer := range map[string]string{
		"no session lines":   "m=audio 5004 RTP/AVP 0\nc=IN IP4 198.51.100.1",
		"bandwidth after t=": "v=0\r\no=a b c 1 x IN IP4 198.51.100.1\r\ns=\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nb=AS:64\r\nm=audio 5004 RTP/AVP 0",
		"unknown lines":      "v=0\nc=IN IP4 198.51.100.1\ny=0100\nf=v/////a/1\nrubbish\n=\nm=audio 5004 RTP/AVP 0\n",
		"no final line end":  "v=0\nc=IN IP4 198.51.100.1\nm=audio 5004/1 RTP/AVP 18 0\na=rtpmap:0 pcmu/8000/1",
		"second audio plain": "v=0\nc=IN IP4 198.51.100.1\nm=audio 5002 RTP/SAVP 0\nm=audio 5004 RTP/AVP 0\n",
		"second c= wins":     "v=0\nc=IN IP4 10.0.0.1\nm=audio 5004 RTP/AVP 0 13\nc=IN IP4 198.51.100.1/127\n",
	} {
		s, _, err := New(local()).Answer([]byte(offer))
		a, _ := s.Agreed()
		if err != nil || a.RTP.String() != "198.51.100.1:5004" || a.Codec.Name != "PCMU" {
			t.Errorf("%s: %v, %+v", name, err, a)
		}
	}
}

func TestWhereRTCPGoes(t *testing.T) {
	for attrs, want := range map[string]string{
		"":                                    "198.51.100.1:5005",
		"a=rtcp:6001\r\n":                     "198.51.100.1:6001",
		"a=rtcp:6001 IN IP4 198.51.100.9\r\n": "198.51.100.9:6001",
		"a=rtcp:nonsense\r\n":                 "198.51.100.1:5005",
		"a=rtcp:6001\r\na=rtcp-mux\r\n":       "198.51.100.1:5004",
	} {
		s, answer, err := New(local()).Answer(offerOf("RTP/AVP", "0", attrs))
		a, _ := s.Agreed()
		if err != nil || a.RTCP.String() != want || a.Mux != strings.Contains(string(answer), "rtcp-mux") {
			t.Errorf("%q: %v %v, answer %s", attrs, a.RTCP, err, answer)
		}
	}
}

func TestPacketTimeAndPreference(t *testing.T) {
	for attrs, want := range map[string]int{
		"": 20, "a=ptime:30\r\n": 30, "a=ptime:20.0\r\n": 20, "a=ptime:200\r\n": 20, "a=ptime:0\r\n": 20, "a=ptime:x\r\n": 20,
		"a=ptime:40\r\na=maxptime:20\r\n": 20, "a=ptime:25\r\n": 20, "a=ptime:10\r\n": 10,
	} {
		s, _, err := New(local()).Answer(offerOf("RTP/AVP", "0", attrs))
		if a, _ := s.Agreed(); err != nil || a.Ptime != want {
			t.Errorf("%q: ptime %d, %v", attrs, a.Ptime, err)
		}
	}
	l := local()
	l.Codecs = []string{"pcma", "pcmu"}
	s, _, err := New(l).Answer(offerOf("RTP/AVP", "0 8"))
	if a, _ := s.Agreed(); err != nil || a.Codec.Name != "PCMA" || len(a.Codecs) != 1 {
		t.Errorf("as answerer our preference counts: %+v, %v", a, err)
	}
	s, _ = New(l).Offer(false)
	s, err = s.Accept(offerOf("RTP/AVP", "0 8"))
	if a, _ := s.Agreed(); err != nil || a.Codec.Name != "PCMU" || len(a.Codecs) != 2 {
		t.Errorf("as offerer theirs counts: %+v, %v", a, err)
	}
}

func TestVersionsHoldRollback(t *testing.T) {
	version := func(b []byte) string { return strings.Fields(strings.Split(string(b), "\r\n")[1])[2] }
	s, first := New(local()).Offer(false)
	s, err := s.Accept(offerOf("RTP/AVP", "0"))
	if err != nil {
		t.Fatal(err)
	}
	s, hold := s.Offer(true)
	if version(first) != "1" || version(hold) != "2" || !s.Held() {
		t.Fatalf("versions %s, %s, held %v", version(first), version(hold), s.Held())
	}
	s = s.Rollback()
	if a, up := s.Agreed(); s.Held() || !up || !a.Recv {
		t.Fatalf("after rollback: held %v, %+v", s.Held(), a)
	}
	s, again := s.Offer(true)
	if version(again) != "2" {
		t.Errorf("the same description again has version %s", version(again))
	}
	s, err = s.Accept(offerOf("RTP/AVP", "0", "a=recvonly\r\n"))
	if a, _ := s.Agreed(); err != nil || !a.Send || a.Recv || a.RemoteHeld {
		t.Errorf("held by us: %+v, %v", a, err)
	}
	s, resume := s.Offer(false)
	if version(resume) != "3" || s.Held() {
		t.Errorf("resume has version %s", version(resume))
	}
}

// TestWithdrawnAnswer: an answer to an offer that was taken back was never seen; one that is in force is not undone. The first of a call
// always is.
func TestWithdrawnAnswer(t *testing.T) {
	s, _, err := New(local()).Answer(offerOf("RTP/AVP", "0"))
	if err != nil {
		t.Fatal(err)
	}
	before, _ := s.Rollback().Agreed()
	moved := bytes.Replace(offerOf("RTP/AVP", "8", "a=sendonly\r\n"), []byte("m=audio 4"), []byte("m=video 5 RTP/AVP 34\r\nm=audio 4"), 1)
	answered, text, err := s.Answer(moved)
	if err != nil {
		t.Fatal(err)
	}
	back := answered.Rollback()
	if a, up := back.Agreed(); !up || !reflect.DeepEqual(a, before) {
		t.Errorf("taken back: %+v, not %+v", a, before)
	}
	if _, again, err := back.Answer(moved); err != nil || !bytes.Equal(again, text) {
		t.Errorf("%v\n%s%s", err, text, again)
	}
	if _, offer := back.Offer(true); bytes.Contains(offer, []byte("m=video")) {
		t.Errorf("%s", offer)
	}
	in, err := answered.Accept(nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, _ := in.Rollback().Agreed(); a.Codec.Name != "PCMA" || !a.RemoteHeld {
		t.Errorf("in force: %+v", a)
	}
	offered, _ := in.Offer(true)
	if a, _ := offered.Rollback().Agreed(); a.Codec.Name != "PCMA" || offered.Rollback().Held() {
		t.Errorf("%+v", a)
	}
}

func TestAcceptTwiceAndBadly(t *testing.T) {
	s, _ := New(local()).Offer(false)
	if _, err := s.Accept(nil); !errors.Is(err, ErrNoAudio) {
		t.Errorf("an empty first answer: %v", err)
	}
	for want, answer := range map[error][]byte{
		ErrNoAudio:   []byte("v=0\nm=video 1 RTP/AVP 99\n"),
		ErrNoCodec:   offerOf("RTP/AVP", "18"),
		ErrSyntax:    []byte("?"),
		ErrEncrypted: offerOf("RTP/SAVP", "0", cryptoLine),
	} {
		if _, err := s.Accept(answer); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", answer, err, want)
		}
	}
	s, err := s.Accept(offerOf("RTP/AVP", "0"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Accept(nil); err != nil {
		t.Errorf("an empty final answer after early media: %v", err)
	}
	again, _ := s.Offer(true)
	if _, err := again.Accept(nil); !errors.Is(err, ErrNoAudio) {
		t.Errorf("an empty answer to a new offer: %v", err)
	}
	s, err = s.Accept([]byte("v=0\nc=IN IP4 198.51.100.7\nm=audio 7000 RTP/AVP 8\n"))
	if a, _ := s.Agreed(); err != nil || a.RTP.String() != "198.51.100.7:7000" || a.Codec.Name != "PCMA" {
		t.Errorf("a second answer moves the sound: %+v, %v", a, err)
	}
}

// TestAnswersOfTwoPhones to one offer: the latter is in force, whole, whether the former came before it or after.
func TestAnswersOfTwoPhones(t *testing.T) {
	l := local()
	l.Key, l.Security = key(1), Wanted
	first, _ := New(l).Offer(false)
	line := func(k byte) string {
		return "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:" + base64.StdEncoding.EncodeToString(theirKey(k)) + "\r\n"
	}
	a := offerOf("RTP/SAVP", "8 101", line(2), "a=rtpmap:101 telephone-event/8000\r\n", "a=rtcp-mux\r\n")
	b := bytes.Replace(offerOf("RTP/SAVP", "0", line(3), "a=sendonly\r\n"), []byte("5004"), []byte("6004"), 1)
	alone := map[string]Agreed{}
	for _, answer := range [][]byte{a, b} {
		s, err := first.Accept(answer)
		if err != nil {
			t.Fatal(err)
		}
		alone[string(answer)], _ = s.Agreed()
	}
	for _, order := range [][][]byte{{a, b}, {b, a}, {a, b, a}} {
		s := first
		for _, answer := range order {
			var err error
			if s, err = s.Accept(answer); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.Agreed(); !reflect.DeepEqual(got, alone[string(answer)]) {
				t.Errorf("%+v, want %+v", got, alone[string(answer)])
			}
		}
	}
	if x, y := alone[string(a)], alone[string(b)]; bytes.Equal(x.RecvKey, y.RecvKey) || !bytes.Equal(x.SendKey, y.SendKey) {
		t.Error("two phones have two keys, and we have one")
	}
}

func FuzzParse(f *testing.F) {
	_, offer := New(local()).Offer(false)
	f.Add(offer)
	f.Add(offerOf("RTP/SAVP", "0 8 101", cryptoLine, "a=rtcp:9\r\na=ptime:30\r\n"))
	f.Add([]byte("m=\nm=audio\na=\na=:\nc=IN IP6 ::1\no=\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			return
		}
		once := d.Format()
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("our own text is refused: %v\n%q", err, once)
		}
		if twice := again.Format(); !bytes.Equal(once, twice) {
			t.Fatalf("not stable:\n%q\n%q", once, twice)
		}
		s, answer, err := New(local()).Answer(b)
		if err != nil {
			return
		}
		got, err := Parse(answer)
		if err != nil || len(got.Media) != len(d.Media) {
			t.Fatalf("answer has %d media for %d: %v", len(got.Media), len(d.Media), err)
		}
		if a, up := s.Agreed(); !up || a.Codec.Name == "" || !a.RTP.Addr().IsValid() {
			t.Fatalf("agreed %+v", a)
		}
	})
}

// wide is this side with every codec it has.
func wide() Local {
	l := local()
	l.Codecs = nil
	return l
}

func TestWideband(t *testing.T) {
	s, offer := New(wide()).Offer(false)
	golden(t, "offer-wide", offer)
	for _, c := range []struct {
		name, formats, attrs string
		codec                Codec
		event                Codec
		all                  int
	}{
		{"their Opus", "96 0 97 98", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/8000\r\na=rtpmap:98 telephone-event/48000\r\n",
			Codec{"OPUS", 96, 48000}, Codec{"TELEPHONE-EVENT", 98, 48000}, 2},
		{"Opus with events of another clock", "96 97", "a=rtpmap:96 OPUS/48000/2\r\na=rtpmap:97 telephone-event/8000\r\n",
			Codec{"OPUS", 96, 48000}, Codec{"TELEPHONE-EVENT", 97, 8000}, 1},
		{"G.722 without a name", "9 8", "", Codec{"G722", 9, 8000}, Codec{}, 2},
		{"G.722 by its true rate is another codec", "99 0", "a=rtpmap:99 G722/16000\r\n", Codec{"PCMU", 0, 8000}, Codec{}, 1},
		{"Opus by another clock is none", "99 0", "a=rtpmap:99 opus/16000/2\r\n", Codec{"PCMU", 0, 8000}, Codec{}, 1},
	} {
		next, err := s.Accept(offerOf("RTP/AVP", c.formats, c.attrs))
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := next.Agreed(); a.Codec != c.codec || a.Event != c.event || len(a.Codecs) != c.all {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
	_, answer, err := New(wide()).Answer(offerOf("RTP/AVP", "0 9 96 97 98", "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/48000\r\na=rtpmap:98 telephone-event/8000\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "answer-wide", answer)
}
