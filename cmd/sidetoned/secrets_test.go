package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/internal/trace"
)

// TestSecretsStayInside: of a call with a password and encrypted sound, logged in every detail, neither what proves the password nor the
// keys of the sound are in the log, in the trace in any of its forms, or in a file.
func TestSecretsStayInside(t *testing.T) {
	const password = "correct-horse-battery"
	s := newScript(t)
	d := startWith(t, password, s.addr(), "[media]\nsrtp = \"sdes\"\n", "--verbose")
	s.wait("REGISTER")
	d.Ready()
	d.Do(phone.Command{Do: phone.Dial, Number: "9101"})
	first := s.wait("INVITE")
	s.reply(first, "407 Proxy Authentication Required", `Proxy-Authenticate: Digest realm="example.com", nonce="n1", qop="auth", algorithm=MD5`)
	s.wait("ACK")
	inv := s.wait("INVITE")
	key := base64.StdEncoding.EncodeToString([]byte("thirty octets of the far end's"))
	answer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n"
	s.reply(inv, "200 OK", answer, "Proxy-Authentication-Info: rspauth=\"5ec4e7\"")
	s.wait("ACK")
	d.Phase(call.Active)
	d.Do(phone.Command{Do: phone.Hold})
	hold := s.wait("INVITE")
	s.reply(hold, "200 OK", strings.Replace(answer, "a=crypto", "a=recvonly\r\na=crypto", 1))
	s.wait("ACK")
	d.Call("held", func(c call.Call) bool { return c.Held })
	d.Do(phone.Command{Do: phone.Hangup})
	s.reply(s.wait("BYE"), "200 OK")
	d.Idle()
	traced := d.Trace()
	d.Stop()

	ha1 := "1001:example.com:" + password
	secrets := map[string]string{
		"password": password, "far end's key": key, "far end's proof": "5ec4e7",
		"HA1": fmt.Sprintf("%x", md5.Sum([]byte(ha1))), "HA1 by SHA-256": fmt.Sprintf("%x", sha256.Sum256([]byte(ha1))),
	}
	for i, m := range []heard{first, inv, hold} {
		for _, l := range m.lines {
			if response := regexp.MustCompile(`[ ,]response="([^"]+)"`).FindStringSubmatch(l); response != nil {
				secrets[fmt.Sprint("proof ", i)] = response[1]
			}
		}
		ours := regexp.MustCompile(`inline:([A-Za-z0-9+/=]+)`).FindStringSubmatch(m.body)
		if ours == nil {
			t.Fatalf("no key in %+v", m)
		}
		raw, err := base64.StdEncoding.DecodeString(ours[1])
		if err != nil {
			t.Fatal(err)
		}
		secrets[fmt.Sprint("key ", i)], secrets[fmt.Sprint("key in hexadecimal ", i)], secrets[fmt.Sprint("key in octets ", i)] = ours[1], hex.EncodeToString(raw), string(raw)
	}
	if secrets["proof 1"] == "" || len(traced) < 8 || !strings.Contains(d.Errs.String(), "level=INFO") {
		t.Fatalf("nothing to look at: %v, %d messages, log\n%s", secrets, len(traced), &d.Errs)
	}
	all := places(t, d.Dir, traced)
	all["the log"] = d.Errs.String()
	for place, text := range all {
		for name, secret := range secrets {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("the %s is in %s", name, place)
			}
		}
	}
}

// places are the forms of a trace and the files of a phone.
func places(t *testing.T, dir string, traced []trace.Message) map[string]string {
	t.Helper()
	var pcap bytes.Buffer
	text, err := json.Marshal(traced)
	if err == nil {
		err = trace.Pcapng(&pcap, traced)
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{"the trace": string(text), "the file for Wireshark": pcap.String(), "the ladder": trace.Text(traced), "the drawn ladder": trace.SVG(traced)}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		out["the file "+e.Name()] = string(b)
		return err
	})
	if err != nil || len(out) < 5 {
		t.Fatalf("%v: %d places", err, len(out))
	}
	return out
}
