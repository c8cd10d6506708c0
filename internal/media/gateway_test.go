package media

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/media/codec"
)

// gateway is a WebRTC gateway: a stock PeerConnection that says a tone of 700 Hz in PCMU and keeps what it hears.
type gateway struct {
	t  *testing.T
	pc *webrtc.PeerConnection

	mu    sync.Mutex
	heard []int16 // 8000 a second
}

const gatewayTone = 700

func newGateway(t *testing.T, change func(*webrtc.SettingEngine), servers ...webrtc.ICEServer) *gateway {
	t.Helper()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if change != nil {
		change(&s)
	}
	var m webrtc.MediaEngine
	pcmu := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: pcmu, PayloadType: 0}, webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{ICEServers: servers})
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, pc: pc}
	t.Cleanup(func() { pc.Close() })
	track, err := webrtc.NewTrackLocalStaticRTP(pcmu, "audio", "gateway")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTrack(track); err != nil {
		t.Fatal(err)
	}
	pc.OnTrack(func(r *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { g.listen(r) })
	go g.speak(track)
	return g
}

// speak sends the tone until the connection is closed.
func (g *gateway) speak(track *webrtc.TrackLocalStaticRTP) {
	c, err := codec.New("PCMU")
	if err != nil {
		return
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	pcm := make([]int16, 160)
	for n := uint16(0); g.pc.ConnectionState() != webrtc.PeerConnectionStateClosed; n++ {
		<-tick.C
		for i := range pcm {
			pcm[i] = int16(10000 * math.Sin(2*math.Pi*gatewayTone*float64(int(n)*160+i)/8000))
		}
		_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 160}, Payload: c.Encode(nil, pcm)})
	}
}

func (g *gateway) listen(r *webrtc.TrackRemote) {
	c, err := codec.New("PCMU")
	if err != nil {
		return
	}
	for {
		p, _, err := r.ReadRTP()
		if err != nil {
			return
		}
		g.mu.Lock()
		g.heard = c.Decode(g.heard, p.Payload)
		g.mu.Unlock()
	}
}

// hears reports whether the last quarter of a second is a tone.
func (g *gateway) hears(hz float64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.heard) < 2000 {
		return false
	}
	return snr(g.heard[len(g.heard)-2000:], hz*audio.Rate/8000) > 15
}

// offer is a whole one.
func (g *gateway) offer() []byte {
	g.t.Helper()
	offer, err := g.pc.CreateOffer(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	all := webrtc.GatheringCompletePromise(g.pc)
	if err := g.pc.SetLocalDescription(offer); err != nil {
		g.t.Fatal(err)
	}
	<-all
	return []byte(g.pc.LocalDescription().SDP)
}

func (g *gateway) answer(offer []byte) []byte {
	g.t.Helper()
	if err := g.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(offer)}); err != nil {
		g.t.Fatalf("%v\n%s", err, offer)
	}
	answer, err := g.pc.CreateAnswer(nil)
	if err != nil {
		g.t.Fatal(err)
	}
	all := webrtc.GatheringCompletePromise(g.pc)
	if err := g.pc.SetLocalDescription(answer); err != nil {
		g.t.Fatal(err)
	}
	<-all
	return []byte(g.pc.LocalDescription().SDP)
}

func (g *gateway) accept(answer []byte) {
	g.t.Helper()
	if err := g.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)}); err != nil {
		g.t.Fatalf("%v\n%s", err, answer)
	}
}

// TestGatewayCalls: a WebRTC gateway offers, whole and lite, with its candidates and without.
func TestGatewayCalls(t *testing.T) {
	for name, change := range map[string]func(*webrtc.SettingEngine){
		"full": nil,
		"lite": func(s *webrtc.SettingEngine) { s.SetLite(true) },
	} {
		t.Run(name, func(t *testing.T) {
			g, file := newGateway(t, change), wav(t, "a.wav")
			p := start(t, as(call.Account{Encryption: "required"}), audio.Choice{Input: "tone:440", Output: "file:" + file})
			p.engine.Do(call.MakeAnswer{ID: "c1", Account: "a", Offer: g.offer()})
			g.accept(await[call.LocalSDP](p, "the answer", nil).SDP)
			await[call.MediaUp](p, "sound", nil)
			eventually(t, "both hear each other", func() bool { return hears(file, gatewayTone) && g.hears(440) })
		})
	}
}

// TestGatewayIsCalled with an offer of ours.
func TestGatewayIsCalled(t *testing.T) {
	g, file := newGateway(t, nil), wav(t, "a.wav")
	p := start(t, as(call.Account{Encryption: "required", Keys: "dtls", ICE: "on"}), audio.Choice{Input: "tone:440", Output: "file:" + file})
	p.engine.Do(call.MakeOffer{ID: "c1", Account: "a"})
	answer := g.answer(await[call.LocalSDP](p, "the offer", nil).SDP)
	p.engine.Do(call.Connect{ID: "c1", Answer: answer})
	await[call.MediaUp](p, "sound", nil)
	eventually(t, "both hear each other", func() bool { return hears(file, gatewayTone) && g.hears(440) })
}

// TestTrickle: a gateway that tells its candidates after its offer, and cannot find ours, is found. The fragments may come before the call
// is answered, and after.
func TestTrickle(t *testing.T) {
	for name, account := range map[string]call.Account{"parts": {Encryption: "required"}, "profile": {Profile: "webrtc"}} {
		for _, early := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, early %v", name, early), func(t *testing.T) {
				g, file := newGateway(t, nil), wav(t, "a.wav")
				whole := g.offer()
				bare := without("a=(candidate|end-of-candidates)")(instead("m=audio [0-9]+ ", "m=audio 9 ")(instead("(?m)^c=.*\r$", "c=IN IP4 0.0.0.0\r")(whole)))
				bare = bytes.Replace(bare, []byte("a=ice-ufrag"), []byte("a=ice-options:trickle\r\na=ice-ufrag"), 1)
				fragment := append([]byte("m=audio 9 RTP/AVP 0\r\na=mid:0\r\n"), bytes.Join(regexp.MustCompile("(?m)^a=candidate.*\r\n").FindAll(whole, -1), nil)...)
				p := start(t, as(account), audio.Choice{Input: "tone:440", Output: "file:" + file})
				p.engine.Do(call.MakeAnswer{ID: "c1", Account: "a", Offer: bare})
				tell := func() { p.engine.Do(call.AddCandidates{ID: "c1", Fragments: [][]byte{fragment, []byte("nonsense")}}) }
				if early {
					tell()
				}
				g.accept(without("a=candidate")(await[call.LocalSDP](p, "the answer", nil).SDP))
				if !early {
					tell()
				}
				await[call.MediaUp](p, "sound", nil)
				eventually(t, "both hear each other", func() bool { return hears(file, gatewayTone) && g.hears(440) })
			})
		}
	}
}
