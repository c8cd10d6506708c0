package sdp

import (
	"fmt"
	"strings"
)

// WebRTC is the far end's part of an agreement as a WebRTC endpoint wants to read it (RFC 8829): one medium that is named, bundled,
// sends and receives, with one codec that is always the same. What gateways really send has none of that for certain. Directions,
// codecs and what changes in a call stay with State: for the endpoint it is a path with keys. It is an error where the far end offers
// no such path.
func (a Agreed) WebRTC() ([]byte, error) {
	if a.Keying != DTLS || a.ICE.Ufrag == "" || !a.Mux {
		return nil, fmt.Errorf("without ICE, DTLS and one port this is no WebRTC, but %w", ErrEncrypted)
	}
	m := Media{Kind: "audio", Port: 9, Proto: "UDP/TLS/RTP/SAVPF", Formats: []string{"0"}}
	m.Attrs = []Attr{{"mid", "0"}, {"sendrecv", ""}, {"rtcp-mux", ""}, {"rtpmap", "0 PCMU/8000"}, {"ice-ufrag", a.ICE.Ufrag}, {"ice-pwd", a.ICE.Pwd}}
	for _, c := range a.ICE.Candidates {
		m.Attrs = append(m.Attrs, Attr{"candidate", c})
	}
	if !a.ICE.More {
		m.Attrs = append(m.Attrs, Attr{"end-of-candidates", ""})
	}
	for _, f := range a.Handshake.Theirs {
		m.Attrs = append(m.Attrs, Attr{"fingerprint", f.String()})
	}
	setup := "active"
	if a.Handshake.Client {
		setup = "passive"
	}
	m.Attrs = append(m.Attrs, Attr{"setup", setup})
	d := Description{Attrs: []Attr{{"group", "BUNDLE 0"}}, Media: []Media{m}}
	if a.ICE.Lite {
		d.Attrs = append(d.Attrs, Attr{"ice-lite", ""})
	}
	return d.Format(), nil
}

// OwnWebRTC reads a WebRTC endpoint's description of itself: its part of ICE, and its certificate.
func OwnWebRTC(description []byte) (ICE, Fingerprint, error) {
	d, err := Parse(description)
	if err != nil {
		return ICE{}, Fingerprint{}, err
	}
	for _, m := range d.Media {
		prints := d.fingerprints(m)
		out := ICE{}
		out.Ufrag, _ = d.attr(m, "ice-ufrag")
		out.Pwd, _ = d.attr(m, "ice-pwd")
		for _, v := range m.values("candidate") {
			if _, component, udp, ok := parseCandidate(v); ok && udp && component == 1 {
				out.Candidates = append(out.Candidates, strings.TrimSpace(v))
			}
		}
		if out.Ufrag != "" && len(prints) > 0 {
			return out, prints[0], nil
		}
	}
	return ICE{}, Fingerprint{}, fmt.Errorf("an endpoint without ICE or a certificate: %w", ErrNoAddress)
}

// Own puts the certificate and the stream that later descriptions name into the place of those of New.
func (s State) Own(cert Fingerprint, ssrc uint32) State {
	s.local.Cert, s.local.SSRC = cert, ssrc
	if s.before != nil {
		before := s.before.Own(cert, ssrc)
		s.before = &before
	}
	return s
}
