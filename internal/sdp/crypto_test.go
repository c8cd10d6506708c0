package sdp

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// cryptoOf writes an a=crypto line with a key of the right length made of one octet.
func cryptoOf(tag int, suite Suite, b byte) string {
	key, salt := suite.Sizes()
	return fmt.Sprintf("a=crypto:%d %s inline:%s\r\n", tag, suite, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, key+salt)))
}

// stock is key material in which every octet is another, so that a wrong cut shows.
func stock() []byte {
	out := make([]byte, KeySize)
	for i := range out {
		out[i] = byte(i)
	}
	return out
}

func keyed(sec Security) Local {
	l := local()
	l.Key, l.Security = stock(), sec
	return l
}

func TestEverySuiteIsAnswered(t *testing.T) {
	seen := map[string]bool{}
	for _, suite := range suites() {
		for _, proto := range []string{"RTP/SAVP", "RTP/SAVPF", "RTP/AVP", "RTP/AVPF"} {
			s, answer, err := New(keyed(Plain)).Answer(offerOf(proto, "0", cryptoOf(7, suite, 9)))
			if err != nil {
				t.Fatalf("%s %s: %v", proto, suite, err)
			}
			a, _ := s.Agreed()
			key, salt := suite.Sizes()
			if a.Keying != SDES || a.Suite != suite || len(a.SendKey) != key+salt || !bytes.Equal(a.RecvKey, bytes.Repeat([]byte{9}, key+salt)) {
				t.Errorf("%s %s: %+v", proto, suite, a)
			}
			line := fmt.Sprintf("a=crypto:7 %s inline:%s\r\n", suite, base64.StdEncoding.EncodeToString(a.SendKey))
			if text := string(answer); !strings.Contains(text, line) || !strings.Contains(text, " "+proto+" 0\r\n") || strings.Count(text, "a=crypto") != 1 {
				t.Errorf("%s %s: answer %s", proto, suite, answer)
			}
			seen[string(a.SendKey)] = true
		}
	}
	if len(seen) != len(suites()) {
		t.Errorf("%d keys for %d suites", len(seen), len(suites()))
	}
}

// TestTheirFirstSuiteCounts, of those that are spoken here, and the draft's names of AES-256 are answered as they are written.
func TestTheirFirstSuiteCounts(t *testing.T) {
	draft := strings.Replace(cryptoOf(2, AES256SHA80, 5), "AES_256_CM", "AES_CM_256", 1)
	for _, c := range []struct {
		name, lines string
		want        Suite
		tag         string
	}{
		{"unknown first", "a=crypto:1 F8_128_HMAC_SHA1_80 inline:x\r\n" + cryptoOf(2, AES128SHA32, 1) + cryptoOf(3, AES256GCM, 1), AES128SHA32, "2 AES_CM_128_HMAC_SHA1_32"},
		{"no authentication", strings.Replace(cryptoOf(1, AES256GCM, 1), "\r\n", " UNAUTHENTICATED_SRTP\r\n", 1) + cryptoOf(2, AES128SHA80, 1), AES128SHA80, "2 AES_CM_128_HMAC_SHA1_80"},
		{"a window", strings.Replace(cryptoOf(1, AES128GCM, 1), "\r\n", " WSH=128\r\n", 1), AES128GCM, "1 AEAD_AES_128_GCM"},
		{"a lifetime", strings.Replace(cryptoOf(1, AES128GCM, 1), "\r\n", "|2^31\r\n", 1), AES128GCM, "1 AEAD_AES_128_GCM"},
		{"a master key index", strings.Replace(cryptoOf(1, AES128GCM, 1), "\r\n", "|2^20|1:4\r\n", 1) + cryptoOf(2, AES128SHA80, 1), AES128SHA80, "2 AES_CM_128_HMAC_SHA1_80"},
		{"two keys", strings.Replace(cryptoOf(1, AES128GCM, 1), "\r\n", ";inline:AAAA\r\n", 1) + cryptoOf(2, AES128SHA80, 1), AES128SHA80, "2 AES_CM_128_HMAC_SHA1_80"},
		{"a key too short", "a=crypto:1 AEAD_AES_256_GCM inline:AAAA\r\n" + cryptoOf(2, AES128SHA80, 1), AES128SHA80, "2 AES_CM_128_HMAC_SHA1_80"},
		{"the draft's name", draft, AES256SHA80, "2 AES_CM_256_HMAC_SHA1_80"},
	} {
		s, answer, err := New(keyed(Plain)).Answer(offerOf("RTP/SAVP", "0", c.lines))
		if a, _ := s.Agreed(); err != nil || a.Suite != c.want || !strings.Contains(string(answer), "a=crypto:"+c.tag+" inline:") {
			t.Errorf("%s: %v, %s, %s", c.name, err, a.Suite, answer)
		}
	}
}

func TestWhatOwnOffersAskFor(t *testing.T) {
	for _, c := range []struct {
		security Security
		proto    string
		lines    int
		plain    error // what an answer without keys is
	}{
		{Plain, "RTP/AVP", 0, nil},
		{Offered, "RTP/AVP", 4, nil},
		{Wanted, "RTP/SAVP", 4, ErrPlain},
		{Required, "RTP/SAVP", 4, ErrPlain},
	} {
		s, offer := New(keyed(c.security)).Offer(false)
		if text := string(offer); !strings.Contains(text, " "+c.proto+" ") || strings.Count(text, "a=crypto:") != c.lines {
			t.Errorf("%v: %s", c.security, offer)
		}
		if _, err := s.Accept(offerOf("RTP/AVP", "0")); !errors.Is(err, c.plain) {
			t.Errorf("%v: a plain answer: %v", c.security, err)
		}
		after, err := s.Accept(offerOf(c.proto, "0", cryptoOf(2, AES128GCM, 3)))
		a, _ := after.Agreed()
		if err != nil || (a.Keying == SDES) != (c.lines > 0) {
			t.Errorf("%v: an answer with keys: %v, %+v", c.security, err, a)
		}
		if c.lines == 0 {
			continue
		}
		if _, err := s.Accept(offerOf("RTP/SAVP", "0", cryptoOf(2, AES128SHA32, 3))); !errors.Is(err, ErrEncrypted) {
			t.Errorf("%v: a suite that was not offered: %v", c.security, err)
		}
		_, again := after.Offer(true)
		if !strings.Contains(string(again), cryptoLineOf(1, AES128GCM, a.SendKey)) || strings.Count(string(again), "a=crypto:") != 4 {
			t.Errorf("%v: the next offer does not keep the key in force: %s", c.security, again)
		}
	}
}

func cryptoLineOf(tag int, suite Suite, key []byte) string {
	return fmt.Sprintf("a=crypto:%d %s inline:%s\r\n", tag, suite, base64.StdEncoding.EncodeToString(key))
}

func TestWhatPlainOffersGet(t *testing.T) {
	for _, c := range []struct {
		security Security
		want     error
	}{{Plain, nil}, {Offered, nil}, {Wanted, nil}, {Required, ErrPlain}} {
		_, _, err := New(keyed(c.security)).Answer(offerOf("RTP/AVP", "0"))
		if !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.security, err)
		}
	}
	s, _, err := New(keyed(Required)).Answer(offerOf("RTP/AVP", "0", cryptoOf(1, AES128SHA80, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Answer(offerOf("RTP/AVP", "0")); !errors.Is(err, ErrPlain) {
		t.Errorf("encryption that is taken away in a call: %v", err)
	}
	s, _ = s.Offer(false)
	if _, err := s.Accept(offerOf("RTP/AVP", "0")); !errors.Is(err, ErrPlain) {
		t.Errorf("encryption that an answer takes away: %v", err)
	}
}

// TestKeysStay while the descriptions do: the same suite has the same key in every later offer and answer, so that roll-over counters
// stay, too.
func TestKeysStay(t *testing.T) {
	theirs := offerOf("RTP/SAVP", "0", cryptoOf(1, AES256SHA80, 1))
	s, first, err := New(keyed(Plain)).Answer(theirs)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := s.Agreed()
	s, second, err := s.Answer(theirs)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%v: %s", err, second)
	}
	s, offer := s.Offer(false)
	if !strings.Contains(string(offer), " RTP/SAVP ") || !strings.Contains(string(offer), cryptoLineOf(1, AES256SHA80, a.SendKey)) {
		t.Errorf("%s", offer)
	}
	s, err = s.Accept(offerOf("RTP/SAVP", "0", cryptoOf(1, AES256SHA80, 2)))
	b, _ := s.Agreed()
	if err != nil || !bytes.Equal(a.SendKey, b.SendKey) || bytes.Equal(a.RecvKey, b.RecvKey) {
		t.Errorf("%v %+v", err, b)
	}
}

func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC|2^20")
	f.Add(strings.TrimSpace(strings.TrimPrefix(cryptoOf(2, AES256GCM, 3), "a=crypto:")) + " WSH=64")
	f.Fuzz(func(t *testing.T, value string) {
		c, ok := parseCrypto(value)
		if !ok {
			return
		}
		key, salt := c.suite.Sizes()
		again, ok := parseCrypto(c.String())
		if key == 0 || len(c.key) != key+salt || !ok || again.String() != c.String() {
			t.Fatalf("%+v, %+v", c, again)
		}
	})
}
