package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/srtp/v3"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// suiteOf is a suite as the library at the far end knows it.
type suiteOf struct {
	name      sdp.Suite
	profile   srtp.ProtectionProfile
	key, salt int
	tag       int // octets behind a packet
}

func allSuites() []suiteOf {
	return []suiteOf{
		{"AES_CM_128_HMAC_SHA1_80", srtp.ProtectionProfileAes128CmHmacSha1_80, 16, 14, 10},
		{"AES_CM_128_HMAC_SHA1_32", srtp.ProtectionProfileAes128CmHmacSha1_32, 16, 14, 4},
		{"AES_256_CM_HMAC_SHA1_80", srtp.ProtectionProfileAes256CmHmacSha1_80, 32, 14, 10},
		{"AES_256_CM_HMAC_SHA1_32", srtp.ProtectionProfileAes256CmHmacSha1_32, 32, 14, 4},
		{"AEAD_AES_128_GCM", srtp.ProtectionProfileAeadAes128Gcm, 16, 12, 16},
		{"AEAD_AES_256_GCM", srtp.ProtectionProfileAeadAes256Gcm, 32, 12, 16},
	}
}

func (x suiteOf) agreed(ours, theirs byte) sdp.Agreed {
	n := x.key + x.salt
	return sdp.Agreed{Keying: sdp.SDES, Suite: x.name, SendKey: bytes.Repeat([]byte{ours}, n), RecvKey: bytes.Repeat([]byte{theirs}, n)}
}

func (x suiteOf) context(t *testing.T, key byte) *srtp.Context {
	t.Helper()
	c, err := srtp.CreateContext(bytes.Repeat([]byte{key}, x.key), bytes.Repeat([]byte{key}, x.salt), x.profile)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numbered is a packet with a sequence number.
func numbered(seq uint16) []byte {
	b := voice(9, seq)
	binary.BigEndian.PutUint16(b[2:], seq)
	return b
}

func TestEverySuiteWithAStranger(t *testing.T) {
	for _, x := range allSuites() {
		var k keys
		if err := k.use(x.agreed(1, 2)); err != nil {
			t.Fatal(err)
		}
		sealed, err := k.seal(numbered(1), false)
		if err != nil || len(sealed) != len(numbered(1))+x.tag {
			t.Errorf("%s: %d octets, %v", x.name, len(sealed), err)
		}
		plain, err := x.context(t, 1).DecryptRTP(nil, sealed, nil)
		if err != nil || !bytes.Equal(plain, numbered(1)) {
			t.Errorf("%s: the far end reads %x, %v", x.name, plain, err)
		}
		theirs, err := x.context(t, 2).EncryptRTP(nil, numbered(7), nil)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err = k.open(theirs, false); err != nil || !bytes.Equal(plain, numbered(7)) {
			t.Errorf("%s: we read %x, %v", x.name, plain, err)
		}
		theirs[len(theirs)-1] ^= 1
		if _, err = k.open(theirs, false); err == nil {
			t.Errorf("%s: a damaged packet is taken", x.name)
		}
	}
}

// TestRollOverIsKept over a later negotiation that leaves the keys as they were: without it the far end could not read a packet after the
// sequence numbers began anew.
func TestRollOverIsKept(t *testing.T) {
	x := allSuites()[0]
	var k keys
	if err := k.use(x.agreed(1, 2)); err != nil {
		t.Fatal(err)
	}
	far, theirs := x.context(t, 1), x.context(t, 2)
	pass := func(seq uint16) error {
		sealed, err := k.seal(numbered(seq), false)
		if err != nil {
			return err
		}
		if _, err = far.DecryptRTP(nil, sealed, nil); err != nil {
			return fmt.Errorf("ours: %w", err)
		}
		if sealed, err = theirs.EncryptRTP(nil, numbered(seq), nil); err != nil {
			return err
		}
		if _, err = k.open(sealed, false); err != nil {
			return fmt.Errorf("theirs: %w", err)
		}
		return nil
	}
	for _, seq := range []uint16{65534, 65535, 0, 1} {
		if err := pass(seq); err != nil {
			t.Fatalf("%d: %v", seq, err)
		}
	}
	if err := k.use(x.agreed(1, 2)); err != nil {
		t.Fatal(err)
	}
	if err := pass(2); err != nil {
		t.Errorf("after the same keys again: %v", err)
	}
	if err := k.use(x.agreed(1, 3)); err != nil {
		t.Fatal(err)
	}
	theirs = x.context(t, 3)
	if err := pass(3); err != nil {
		t.Errorf("after another key of theirs: %v", err)
	}
	if err := k.use(sdp.Agreed{Keying: sdp.SDES, Suite: x.name, SendKey: make([]byte, 3)}); err == nil {
		t.Error("half a key is taken")
	}
	if err := pass(4); err != nil {
		t.Errorf("after keys that cannot be used: %v", err)
	}
}

// TestEncryptionByAccount: what two accounts' settings make of a call between them.
func TestEncryptionByAccount(t *testing.T) {
	with := func(s string) Config {
		return Config{Account: func(id string) call.Account { return call.Account{ID: id, Encryption: s} }}
	}
	for _, c := range []struct {
		from, to string
		proto    string
		keys     bool
		cause    call.Cause // why it cannot be
	}{
		{"off", "off", "RTP/AVP", false, ""},
		{"off", "offered", "RTP/AVP", false, ""},
		{"off", "required", "RTP/AVP", false, call.Unencrypted},
		{"offered", "off", "RTP/AVP", true, ""},
		{"offered", "required", "RTP/AVP", true, ""},
		{"required", "required", "RTP/SAVP", true, ""},
	} {
		file := wav(t, "to.wav")
		a := start(t, with(c.from), audio.Choice{Input: "tone:440", Output: "null"})
		b := start(t, with(c.to), audio.Choice{Input: "silence", Output: "file:" + file})
		a.engine.Do(call.MakeOffer{ID: "c1", Account: "a"})
		offer := await[call.LocalSDP](a, "the offer", nil).SDP
		b.engine.Do(call.MakeAnswer{ID: "c1", Account: "b", Offer: offer})
		if c.cause != "" {
			if f := await[call.MediaFailed](b, "the refusal", nil); f.Reason.Cause != c.cause || !strings.Contains(f.Reason.Detail, "encrypted sound only") {
				t.Errorf("%s to %s: %+v", c.from, c.to, f.Reason)
			}
			continue
		}
		answer := await[call.LocalSDP](b, "the answer", nil).SDP
		if has := bytes.Contains(answer, []byte("a=crypto:")); has != c.keys || !bytes.Contains(answer, []byte(" "+c.proto+" ")) {
			t.Errorf("%s to %s: %s", c.from, c.to, answer)
		}
		a.engine.Do(call.Connect{ID: "c1", Answer: answer})
		eventually(t, "the tone is heard", func() bool { return hears(file, 440) })
		a.stop()
		b.stop()
	}
	a := start(t, with("required"), audio.Choice{Input: "silence", Output: "null"})
	a.engine.Do(call.MakeOffer{ID: "c2", Account: "a"})
	await[call.LocalSDP](a, "the offer", nil)
	a.engine.Do(call.Connect{ID: "c2", Answer: []byte("v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n")})
	if f := await[call.MediaFailed](a, "the refusal", nil); f.Reason.Cause != call.Unencrypted {
		t.Errorf("a plain answer: %+v", f.Reason)
	}
}

// TestRollOverInACall: the sequence numbers begin anew, the call is held and taken back, and the far end still reads what comes.
func TestRollOverInACall(t *testing.T) {
	for _, keys := range []string{"sdes", "dtls"} {
		t.Run(keys, func(t *testing.T) {
			file := wav(t, "b.wav")
			a := start(t, as(call.Account{Encryption: "required", Keys: keys}), audio.Choice{Input: "tone:440", Output: "null"})
			b := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + file})
			a.engine.Do(call.MakeOffer{ID: "c1"})
			offer := await[call.LocalSDP](a, "the offer", nil).SDP
			probe(a, func(s *session) bool { s.sender.seq = 65520; return true })
			b.engine.Do(call.MakeAnswer{ID: "c1", Offer: offer})
			a.engine.Do(call.Connect{ID: "c1", Answer: await[call.LocalSDP](b, "the answer", nil).SDP})
			await[call.MediaUp](a, "sound", nil)
			await[call.MediaUp](b, "sound", nil)
			eventually(t, "the numbers begin anew", func() bool { return probe(a, func(s *session) bool { return s.sender.seq < 100 }) })
			reoffer(b, a, "c1", true)
			reoffer(b, a, "c1", false)
			reoffer(a, b, "c1", false)
			_, had := tail(file)
			eventually(t, "the tone is heard", func() bool { _, all := tail(file); return all > had+audio.Rate/2 && hears(file, 440) })
			if !probe(b, func(s *session) bool { return s.reception.highest>>16 == 2 }) {
				t.Error("it has not counted the numbers through")
			}
		})
	}
}

// TestStrangersWithoutTheKeys move nothing, however long the far end is silent: not in the clear, not with other keys, not with what the far
// end has sent before.
func TestStrangersWithoutTheKeys(t *testing.T) {
	described, natted := netip.MustParseAddrPort("127.0.0.2:40000"), netip.MustParseAddrPort("127.0.0.3:1234")
	x := allSuites()[0]
	s := established(t, described, "")
	if err := s.keys.use(x.agreed(1, 2)); err != nil {
		t.Fatal(err)
	}
	now, theirs, other := clockStart(), x.context(t, 2), x.context(t, 3)
	seal := func(c *srtp.Context, seq uint16) []byte {
		b, err := c.EncryptRTP(nil, numbered(seq), nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first, second := seal(theirs, 1), seal(theirs, 2)
	s.receive(now, described, first, false)
	s.receive(now, described, second, false)
	now = now.Add(10 * relatch)
	for seq := range uint16(20) {
		for _, b := range [][]byte{numbered(100 + seq), seal(other, 100+seq), first, second} {
			s.receive(now, netip.MustParseAddrPort("127.0.0.4:6666"), b, false)
			s.receive(now, netip.MustParseAddrPort("127.0.0.4:6667"), b, true)
		}
	}
	if s.peer != described || s.reception.received != 2 {
		t.Errorf("sound goes to %v, %d packets were taken", s.peer, s.reception.received)
	}
	s.receive(now, natted, seal(theirs, 3), false)
	s.receive(now, natted, seal(theirs, 4), false)
	if s.peer != natted {
		t.Error("the far end itself is not followed")
	}
}
