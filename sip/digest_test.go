package sip

import (
	"crypto/md5"
	"strings"
	"testing"
)

// The examples of RFC 7616 §3.9.1 and, without qop, RFC 2069 as corrected by its erratum.
func TestDigestAnswers(t *testing.T) {
	ch := challenge{realm: "http-auth@example.org", nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop: true}
	p := proof{username: "Mufasa", method: "GET", uri: "/dir/index.html", count: 1, cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}
	for alg, want := range map[string]string{
		"MD5":     "8ca523f5e9506fed4657c9700eebdbec",
		"SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		ch.algorithm = alg
		p.secret = ch.secret("Mufasa", "Circle of Life")
		if got := ch.answer(p); !strings.Contains(got, `response="`+want+`"`) || !strings.Contains(got, "qop=auth, nc=00000001") {
			t.Errorf("%s: %s", alg, got)
		}
	}
	old := challenge{realm: "testrealm@host.com", nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque: "5ccc069c403ebaf9f0171e9517f40e41"}
	if got := old.answer(proof{username: "Mufasa", secret: old.secret("Mufasa", "CircleOfLife"), method: "GET", uri: "/dir/index.html"}); !strings.Contains(got, `response="1949323746fe6a43ef61f9606e7febea"`) {
		t.Error(got)
	}
}

func TestDigestSession(t *testing.T) {
	ch := challenge{realm: "r", nonce: "n", algorithm: "MD5-sess", qop: true}
	p := proof{username: "u", secret: ch.secret("u", "p"), method: "REGISTER", uri: "sip:example.com", count: 2, cnonce: "c"}
	a1 := hexMD5(hexMD5("u:r:p") + ":n:c")
	want := hexMD5(a1 + ":n:00000002:c:auth:" + hexMD5("REGISTER:sip:example.com"))
	if got := ch.answer(p); !strings.Contains(got, `response="`+want+`"`) || !strings.Contains(got, `cnonce="c"`) {
		t.Error(got)
	}
}

func hexMD5(s string) string { return hexHash(md5.New(), s) }

func TestParseChallenges(t *testing.T) {
	got := parseChallenges(`Bearer realm="x", Digest realm="a \"b\"", nonce=n1,stale=TRUE ,qop="auth-int, auth" , algorithm=SHA-256 Digest realm=c,nonce="n2", qop="auth-int"`)
	want := []challenge{
		{realm: `a "b"`, nonce: "n1", stale: true, qop: true, algorithm: "SHA-256"},
		{realm: "c", nonce: "n2", authInt: true},
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v", got)
	}
}

func TestChooseChallenge(t *testing.T) {
	cases := []struct {
		values []string
		nonce  string
	}{
		{[]string{`Digest nonce="1", algorithm=MD5`, `Digest nonce="2", algorithm=SHA-256`}, "2"},
		{[]string{`Digest nonce="1", algorithm=SHA-256`, `Digest nonce="2", algorithm=MD5`}, "1"},
		{[]string{`Digest nonce="1", algorithm=AKAv1-MD5`, `Digest nonce="2"`}, "2"},
		{[]string{`Digest nonce="1", algorithm=SHA-256, qop="auth-int"`, `Digest nonce="2"`}, "2"},
		{[]string{`Digest nonce="1", algorithm=SHA-512-256`}, ""},
		{[]string{`Digest realm="no nonce"`}, ""},
		{nil, ""},
	}
	for _, c := range cases {
		got, err := chooseChallenge(c.values)
		if got.nonce != c.nonce || (err != nil) != (c.nonce == "") {
			t.Errorf("%q: %+v, %v", c.values, got, err)
		}
	}
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Digest realm="a", nonce="n", algorithm=MD5, qop="auth"`)
	f.Add(`Bearer x="y", Digest nonce=1,qop="auth-int,auth",stale=true`)
	f.Add("Digest \x00=\"\\")
	f.Fuzz(func(t *testing.T, value string) {
		c, err := chooseChallenge([]string{value})
		if err != nil {
			return
		}
		got := c.answer(proof{username: "u", secret: c.secret("u", "secret"), method: "REGISTER", uri: "sip:example.com", count: 1, cnonce: "c"})
		if strings.ContainsAny(got, "\r\n") {
			t.Errorf("a header with line ends: %q", got)
		}
	})
}
