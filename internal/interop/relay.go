package interop

import (
	"strings"

	"sidetone/internal/peers"
)

// bridge is what rtpengine speaks to the phone while it speaks plain RTP to the other one.
type bridge struct {
	keying   string // as the table names it
	flags    string // of rtpengine
	settings string // of the phone's account, so that its own offers ask for the same
	says     string // stands in each description, both ways
}

// dtls and webrtc are what the settings say of calls with DTLS, without ICE and with.
const (
	dtls   = requiredKeys + "keys = \"dtls\"\n"
	webrtc = "profile = \"webrtc\"\n"
)

func bridges() []bridge {
	return []bridge{
		{"none", "ICE=remove DTLS=off RTP/AVP", "", " RTP/AVP "},
		{"SDES", "ICE=remove DTLS=off RTP/SAVP", requiredKeys, " RTP/SAVP "},
		{"SDES", "ICE=remove DTLS=off RTP/SAVPF rtcp-mux-demux", requiredKeys, " RTP/SAVP"},
		{"none, ICE", "ICE=force DTLS=off RTP/AVP rtcp-mux-offer", "ice = \"on\"\n", "a=candidate:"},
		{"SDES, ICE", "ICE=force DTLS=off RTP/SAVP rtcp-mux-offer", requiredKeys + "ice = \"on\"\n", "a=candidate:"},
		{"DTLS", "ICE=remove UDP/TLS/RTP/SAVP SDES-off rtcp-mux-offer", dtls, " UDP/TLS/RTP/SAVP "},
		{"DTLS", "ICE=remove UDP/TLS/RTP/SAVP SDES-off rtcp-mux-demux", dtls, " UDP/TLS/RTP/SAVP "},
		{"DTLS, passive", "ICE=remove DTLS=passive UDP/TLS/RTP/SAVPF SDES-off rtcp-mux-offer", dtls, "a=fingerprint:"},
		{"DTLS, ICE", "ICE=force UDP/TLS/RTP/SAVPF SDES-off rtcp-mux-offer", dtls + "ice = \"on\"\n", "a=candidate:"},
		{"DTLS, ICE", "ICE=force ICE-lite=forward UDP/TLS/RTP/SAVPF SDES-off rtcp-mux-offer", dtls + "ice = \"on\"\n", "a=candidate:"},
		{"WebRTC", "ICE=force UDP/TLS/RTP/SAVPF SDES-off rtcp-mux-offer generate-mid", webrtc, " UDP/TLS/RTP/SAVPF "},
	}
}

// relayScenarios have rtpengine carry the sound and turn it from one kind into another.
func relayScenarios() (out []Scenario) {
	for i, r := range bridges() {
		transport, settings := "udp", ""
		if i%2 == 1 {
			transport = "tls"
		}
		if r.settings == webrtc { // such an account answers nothing else
			transport, settings = "wss", webrtc
		}
		start := func(manual bool, settings string) func(*bed) {
			return func(b *bed) {
				b.k = peers.StartKamailio(b, peers.Relayed(b), peers.Toward(r.flags))
				b.b = peers.StartBaresip(b, b.k, peers.BaresipOptions{Manual: manual})
				b.phone(settings + b.k.Over(transport))
			}
		}
		described := step{"it goes through the relay, as " + r.flags, func(b *bed) { relayed(b, r.says) }}
		out = append(out, Scenario{
			Peer: "rtpengine", Transport: transport, Keying: r.keying, Quick: r.keying == "SDES, ICE",
			setup: start(true, settings),
			steps: []step{
				{"call in", callFromBaresip}, described, {"hold and resume, ours", holdAndResume}, {"hold and resume, theirs", heldByBaresip}, {"end, theirs", endedByBaresip},
			},
		}, Scenario{
			Peer: "rtpengine", Transport: transport, Keying: r.keying, Quick: r.keying == "WebRTC",
			setup: start(false, r.settings),
			steps: []step{{"call out", callToBaresip}, described, {"hold and resume, ours", holdAndResume}, {"end, ours", endedByUs}},
		})
	}
	return out
}

// relayed looks at the descriptions of the call that is on.
func relayed(b *bed, says string) {
	theirs := 0
	for _, m := range b.d.Trace() {
		if !strings.Contains(m.Text, "m=audio") {
			continue
		}
		if !m.Sent {
			theirs++
		}
		if !m.Sent && !strings.Contains(m.Text, "c=IN IP4 "+peers.RelayIP) || !strings.Contains(m.Text, says) {
			b.Errorf("the description is not the relay's, or has no %s: %s", says, m.Text)
		}
	}
	if theirs == 0 {
		b.Error("no description came in")
	}
}
