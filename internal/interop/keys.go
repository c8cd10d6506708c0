package interop

import (
	"strings"

	"sidetone/internal/call"
	"sidetone/internal/peers"
	"sidetone/internal/phone"
)

// What an account's settings say of encryption.
const (
	offeredKeys  = "encryption = \"offered\"\n"
	requiredKeys = "encryption = \"required\"\n"
)

// keyScenarios have the two ends agree on keys themselves.
func keyScenarios() []Scenario {
	return append(keysOfBaresip(), keysOfLinphone()...)
}

// withBaresip starts the phone with settings of its account beside a baresip that does as its account's parameters say.
func withBaresip(o peers.BaresipOptions, settings string) func(*bed) {
	return func(b *bed) {
		b.k = peers.StartKamailio(b)
		o.Transport = b.transport
		b.b = peers.StartBaresip(b, b.k, o)
		b.phone(settings + b.k.Over(b.transport))
	}
}

func keysOfBaresip() []Scenario {
	const must, mustf, may = ";mediaenc=srtp-mand", ";mediaenc=srtp-mandf", ";mediaenc=srtp"
	in := func(keying, params, settings, feature, proto string) Scenario {
		return Scenario{
			Peer: "baresip", Transport: "udp", Keying: keying, setup: withBaresip(peers.BaresipOptions{Manual: true, Params: params}, settings),
			steps: []step{
				{feature, callFromBaresip}, {"both descriptions say so", func(b *bed) { described(b, proto, "") }},
				{"hold and resume, ours", holdAndResume}, {"end, theirs", endedByBaresip},
			},
		}
	}
	out := func(transport, keying, params, settings, feature, proto string) Scenario {
		return Scenario{
			Peer: "baresip", Transport: transport, Keying: keying, setup: withBaresip(peers.BaresipOptions{Params: params}, settings),
			steps: []step{
				{feature, callToBaresip}, {"both descriptions say so", func(b *bed) { described(b, proto, "") }},
				{"digits by RFC 4733, ours, encrypted", digitsToBaresip}, {"hold and resume, ours", holdAndResume}, {"end, ours", endedByUs},
			},
		}
	}
	plain := out("udp", "none", "", offeredKeys, "call out with keys that are not taken", "RTP/AVP")
	plain.steps[2].feature = "digits by RFC 4733, ours"
	return []Scenario{
		in("SDES", must, "", "call in with their keys", "RTP/SAVP"),
		in("SDES", mustf, requiredKeys, "call in with their keys, to a line that requires them", "RTP/SAVPF"),
		in("SDES", may, "", "call in with their keys beside plain RTP (RFC 8643)", "RTP/AVP"),
		out("tls", "SDES", must, requiredKeys, "call out with our keys", "RTP/SAVP"),
		out("udp", "SDES", may, offeredKeys, "call out with our keys beside plain RTP (RFC 8643)", "RTP/AVP"),
		plain,
		in("DTLS", ";mediaenc=dtls_srtp", "", "call in with DTLS", "UDP/TLS/RTP/SAVPF"),
		out("udp", "DTLS", ";mediaenc=dtls_srtp", dtls, "call out with DTLS", "UDP/TLS/RTP/SAVP"),
		{
			Peer: "baresip", Transport: "udp", Keying: "none", setup: withBaresip(peers.BaresipOptions{Manual: true}, requiredKeys),
			steps: []step{{"plain call in to a line that requires keys: 488, and the agent reads why", refusedPlain}},
		},
	}
}

func keysOfLinphone() (out []Scenario) {
	for _, suite := range []string{"AES_CM_128_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80"} {
		out = append(out, Scenario{
			Peer: "linphonec", Transport: "udp", Keying: "SDES",
			setup: func(b *bed) { withLinphone(b, peers.LinphoneOptions{Secure: true, Suites: suite}) },
			steps: []step{
				{"call in with their keys, " + suite, callFromLinphone}, {"both descriptions say so", func(b *bed) { described(b, "RTP/SAVP", suite) }},
				{"hold and resume, theirs", heldByLinphone}, {"end, theirs", endedByLinphone}, {"our sound, at their end", func(b *bed) { b.l.Heard(peers.Tone) }},
			},
		})
	}
	out = append(out, Scenario{
		Peer: "linphonec", Transport: "tls", Keying: "DTLS",
		setup: func(b *bed) {
			b.k = peers.StartKamailio(b)
			b.l = peers.StartLinphone(b, b.k, peers.LinphoneOptions{Transport: "tls", Auto: true, DTLS: true})
			b.phone(dtls + b.k.Over("tls"))
		},
		steps: []step{{"call out with DTLS", callToLinphone}, {"end, ours", linphoneEndedByUs}, {"our sound, at their end", func(b *bed) { b.l.Heard(peers.Tone) }}},
	})
	return append(out, Scenario{
		Peer: "linphonec", Transport: "tls", Keying: "SDES",
		setup: func(b *bed) {
			b.k = peers.StartKamailio(b)
			b.l = peers.StartLinphone(b, b.k, peers.LinphoneOptions{Transport: "tls", Auto: true, Secure: true})
			b.phone(requiredKeys + b.k.Over("tls"))
		},
		steps: []step{
			{"call out with our keys", callToLinphone}, {"end, ours, of a call with our keys", linphoneEndedByUs},
			{"our sound, at their end", func(b *bed) { b.l.Heard(peers.Tone) }},
		},
	})
}

// described looks at the first offer and its answer: both have this profile, and keys of this suite, of any if it is empty. A plain
// profile may stand without keys if neither side's settings have any.
func described(b *bed, proto, suite string) {
	b.Helper()
	seen := 0
	for _, m := range b.d.Trace() {
		if !strings.Contains(m.Text, "m=audio ") || seen == 2 {
			continue
		}
		seen++
		if !strings.Contains(m.Text, " "+proto+" ") || !strings.Contains(m.Text, suite) {
			b.Errorf("it is not %s %s: %s", proto, suite, m.Text)
		}
	}
	if seen != 2 {
		b.Errorf("%d descriptions", seen)
	}
}

// refusedPlain is the end of a plain call that the agent would have taken.
func refusedPlain(b *bed) {
	b.b.Call("1001")
	b.d.Phase(call.Offered)
	b.d.Do(phone.Command{Do: phone.Answer})
	if e := b.b.Event("CALL_CLOSED"); !strings.Contains(e.Param, "488") {
		b.Errorf("it ended with %q", e.Param)
	}
	if s := b.d.Idle(); s.Last.Reason.Cause != call.Unencrypted {
		b.Errorf("the call ended with %+v", s.Last.Reason)
	}
}
