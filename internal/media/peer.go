package media

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// peerPath is the path and the keys of a call of the WebRTC profile: a PeerConnection. It sees descriptions that sdp writes for it, which
// are always alike; what the far end reads is written by sdp, too. The session owns it.
type peerPath struct {
	duct   *duct // everything that comes on the call's port
	mux    *ice.UDPMuxDefault
	pc     *webrtc.PeerConnection // nil before it has been made
	out    *outlet
	answer bool // the far end offered
	joined bool // it is told the far end's part
	knows  bool // and has read it
	up     bool // sound can flow
	stop   context.CancelFunc
}

// outlet is the track that packets of ours go out by, as they are.
type outlet struct {
	mu sync.Mutex
	to webrtc.TrackLocalWriter
}

// Bind begins it: whatever was agreed for the endpoint, the packets say themselves what they are.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = c.WriteStream()
	return c.CodecParameters()[0], nil
}

// Unbind ends it.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = nil
	return nil
}

// ID, RID, StreamID and Kind are what the endpoint calls it; the far end never reads them.
func (o *outlet) ID() string                { return "sound" }
func (o *outlet) RID() string               { return "" }
func (o *outlet) StreamID() string          { return "sound" }
func (o *outlet) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }

func (o *outlet) write(b []byte) error {
	o.mu.Lock()
	to := o.to
	o.mu.Unlock()
	if to == nil {
		return nil // not yet
	}
	_, err := to.Write(b)
	return err
}

// write sends one packet of ours.
func (p *peerPath) write(b []byte, isRTCP bool) error {
	if !p.up {
		return nil
	}
	if !isRTCP {
		return p.out.write(b)
	}
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return err
	}
	return p.pc.WriteRTCP(packets)
}

// close ends everything but the socket; it does not wait.
func (p *peerPath) close(readers *sync.WaitGroup) {
	if p == nil {
		return
	}
	p.stop()
	pc := p.pc
	readers.Go(func() {
		if pc != nil {
			_ = pc.GracefulClose() // it may be closed already
		}
		_ = p.duct.Close() // never fails
		_ = p.mux.Close()
	})
}

// newPeer makes the path of a session on its socket. It starts the mux's goroutine, which ends with the duct.
func newPeer(addr netip.Addr, socks pair) *peerPath {
	d := newDuct(netip.AddrPortFrom(addr, uint16(socks.port)), socks.rtp.Send)
	d.all = true
	return &peerPath{duct: d, out: &outlet{}, stop: func() {}, mux: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: d, Logger: quiet().NewLogger("ice")})}
}

// endpoint makes the PeerConnection. One codec is enough for it: what packets are is agreed elsewhere.
func (p *peerPath) endpoint(addr netip.Addr, servers []webrtc.ICEServer) (*webrtc.PeerConnection, uint32, error) {
	var s webrtc.SettingEngine
	s.SetICEUDPMux(p.mux)
	s.SetIncludeLoopbackCandidate(addr.IsLoopback())
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeQueryOnly) // browsers hide their addresses behind names
	s.SetHandleUndeclaredSSRCWithoutAnswer(true)
	s.SetFireOnTrackBeforeFirstRTP(true)
	s.SetPrflxAcceptanceMinWait(100 * time.Millisecond)
	s.SetDTLSRetransmissionInterval(shakeAgain)
	s.LoggerFactory = quiet()
	var m webrtc.MediaEngine
	pcmu := webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}}
	if err := m.RegisterCodec(pcmu, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, 0, err
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{ICEServers: servers})
	if err != nil {
		return nil, 0, err
	}
	sender, err := pc.AddTrack(p.out)
	if err != nil {
		return nil, 0, errors.Join(err, pc.Close())
	}
	return pc, uint32(sender.GetParameters().Encodings[0].SSRC), nil
}

// describe has an endpoint make its own description, to the far end's offer or as one, and waits for its candidates.
func describe(ctx context.Context, pc *webrtc.PeerConnection, offer []byte) (sdp.ICE, sdp.Fingerprint, error) {
	var own webrtc.SessionDescription
	var err error
	if offer == nil {
		own, err = pc.CreateOffer(nil)
	} else if err = pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(offer)}); err == nil {
		own, err = pc.CreateAnswer(nil)
	}
	if err != nil {
		return sdp.ICE{}, sdp.Fingerprint{}, err
	}
	all := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(own); err != nil {
		return sdp.ICE{}, sdp.Fingerprint{}, err
	}
	late := time.NewTimer(gatherLimit)
	defer late.Stop()
	select {
	case <-all:
	case <-late.C:
	case <-ctx.Done():
		return sdp.ICE{}, sdp.Fingerprint{}, ctx.Err()
	}
	return sdp.OwnWebRTC([]byte(pc.LocalDescription().SDP))
}

// endpointOf makes a WebRTC path for a call and finds its candidates; what waits for them goes on then. Offer is the far end's part where
// that offered.
func (e *Engine) endpointOf(s *session, offer []byte) {
	addr, port := s.state.Addr(), s.socks.port
	p := newPeer(addr, s.socks)
	p.answer = offer != nil
	s.peering = p
	s.socks.checks.Store(p.duct)
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	e.readers.Go(func() {
		servers, err := e.cfg.servers(ctx)
		if err != nil {
			e.log.Warn("not every server is asked for candidates", "error", err)
		}
		var list []webrtc.ICEServer
		for _, u := range servers {
			list = append(list, webrtc.ICEServer{URLs: []string{u.String()}, Username: u.Username, Credential: u.Password})
		}
		pc, ssrc, err := p.endpoint(addr, list)
		var local sdp.ICE
		var print sdp.Fingerprint
		if err == nil {
			e.watch(s, p, pc)
			local, print, err = describe(ctx, pc, offer)
		}
		kept := e.post(func(now time.Time) {
			p.pc = pc
			switch {
			case s.done || s.peering != p:
				p.close(&e.readers)
			case err != nil:
				e.fail(s.id, call.NoSound, err)
			default:
				if s.sender.packets == 0 {
					s.sender.ssrc = ssrc
				}
				s.state = s.state.Own(print, s.sender.ssrc).Move(addr, port, local)
				e.goOn(now, s)
			}
		})
		if !kept && pc != nil {
			_ = pc.Close() // Run has ended
		}
	})
}

// watch brings what an endpoint says and hears.
func (e *Engine) watch(s *session, p *peerPath, pc *webrtc.PeerConnection) {
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		e.post(func(now time.Time) { e.peerState(now, s, p, state) })
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		e.readers.Go(func() { e.in.track(s, func(b []byte) (int, error) { return receivedBy(track, b) }, false) })
		e.readers.Go(func() {
			e.in.track(s, func(b []byte) (int, error) { n, _, err := receiver.Read(b); return n, err }, true)
		})
	})
	for _, sender := range pc.GetSenders() {
		e.readers.Go(func() {
			e.in.track(s, func(b []byte) (int, error) { n, _, err := sender.Read(b); return n, err }, true)
		})
	}
}

// receivedBy takes one packet, also of a payload type that the endpoint does not know.
func receivedBy(track *webrtc.TrackRemote, b []byte) (int, error) {
	n, _, err := track.Read(b)
	if errors.Is(err, webrtc.ErrCodecNotFound) {
		err = nil
	}
	return n, err
}

// track brings the packets of one stream until it ends.
func (in *inbox) track(to *session, read func([]byte) (int, error), isRTCP bool) {
	for {
		d := in.free.Get().(*datagram)
		n, err := read(d.buf[:])
		if err != nil {
			in.free.Put(d)
			return
		}
		d.to, d.rtcp, d.at, d.n, d.from = to, isRTCP, time.Now(), n, netip.AddrPort{}
		select {
		case in.ch <- d:
		case <-in.done:
			return
		}
	}
}

func (e *Engine) peerState(now time.Time, s *session, p *peerPath, state webrtc.PeerConnectionState) {
	if s.done || s.peering != p {
		return
	}
	switch state {
	case webrtc.PeerConnectionStateConnected:
		p.up = true
		e.progress(now, s)
	case webrtc.PeerConnectionStateFailed:
		if s.sounded && p.up {
			s.log.Warn("the path of the endpoint is lost")
			s.renew, p.up = true, false
			e.tell(s.id, call.Moved{})
			return
		}
		e.broken(s, errors.New("the endpoint found no path, or no keys"))
	}
}

// join tells the endpoint the far end's part of what was agreed, where it does not know it yet.
func (e *Engine) join(s *session, was sdp.Agreed) error {
	p, a := s.peering, s.agreed
	theirs, err := a.WebRTC()
	if err != nil {
		return err
	}
	switch {
	case p.joined && was.ICE.Ufrag == a.ICE.Ufrag && was.Handshake.Same(a.Handshake):
		return nil
	case p.joined: // another phone answers our offer: it has to be made anew
		s.renew = true
		e.tell(s.id, call.Moved{})
		return nil
	}
	p.joined = true
	if p.answer {
		e.read(s, p)
		return nil
	}
	e.readers.Go(func() {
		if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(theirs)}); err != nil {
			e.post(func(time.Time) { e.broken(s, err) })
			return
		}
		e.post(func(time.Time) { e.read(s, p) })
	})
	return nil
}

// read notes that the endpoint has read the far end's description, and tells it what came after that.
func (e *Engine) read(s *session, p *peerPath) {
	p.knows = true
	if s.peering == p {
		e.more(p, s.trickled)
	}
}

// more tells an endpoint that has read the far end's description where else that may be.
func (e *Engine) more(p *peerPath, candidates []string) {
	if len(candidates) == 0 {
		return
	}
	e.readers.Go(func() {
		for _, c := range candidates {
			mid := "0"
			if err := p.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: "candidate:" + c, SDPMid: &mid}); err != nil {
				e.log.Info("a candidate of the far end is left out", "error", err)
			}
		}
	})
}

// meet reads an offer of theirs and makes the endpoint that answers it, unless the one there is stays.
func (e *Engine) meet(s *session, offer []byte) error {
	known := s.state
	if s.peering == nil {
		known = known.Move(known.Addr(), s.socks.port, sdp.ICE{Ufrag: "unknown"}) // it counts that there is one
	}
	next, _, err := known.Answer(offer)
	if err != nil {
		return err
	}
	a, _ := next.Agreed()
	theirs, err := a.WebRTC()
	if err != nil {
		return err
	}
	if s.peering != nil {
		if s.peering.joined && s.agreed.ICE.Ufrag == a.ICE.Ufrag && s.agreed.Handshake.Same(a.Handshake) {
			return nil
		}
		s.peering.close(&e.readers)
	}
	e.endpointOf(s, theirs)
	return nil
}
