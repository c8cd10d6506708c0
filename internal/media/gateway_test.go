package media

import (
	"runtime"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// A WebRTC gateway wants ICE and DTLS. Until both are spoken here its offers have to be refused, cleanly.
func TestGatewayOfferIsRefusedAndLeavesNothing(t *testing.T) {
	gateway, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	if _, err := gateway.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	offer, err := gateway.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	p.engine.Do(call.Release{ID: "none"})
	before := runtime.NumGoroutine()
	for range 20 {
		p.engine.Do(call.MakeAnswer{ID: "c1", Offer: []byte(offer.SDP)})
		got := await[call.MediaFailed](p, "the refusal", nil)
		if got.Reason.Cause != call.NotAcceptable || !strings.Contains(got.Reason.Detail, "UDP/TLS/RTP/SAVPF is a kind of encryption") {
			t.Fatalf("%+v", got.Reason)
		}
	}
	eventually(t, "the readers of refused calls end", func() bool { return runtime.NumGoroutine() <= before })
	p.stop()
	if n := len(p.engine.sessions); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}
