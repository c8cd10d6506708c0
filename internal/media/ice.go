package media

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// The times of ICE.
const (
	gatherLimit  = 3 * time.Second  // then the candidates found so far have to do
	connectLimit = 18 * time.Second // then no path is found
)

// icePath is a call's path by ICE (RFC 8445). Checks share the call's own socket, so that a far end without ICE finds us there, too; the
// session owns it.
type icePath struct {
	agent         *ice.Agent
	duct          *duct // checks, on their way from the socket
	mux           *ice.UniversalUDPMuxDefault
	conn          *ice.Conn // nil before the far end's part is known
	local, remote sdp.ICE
	gathered      bool
	connected     bool
	stop          context.CancelFunc
}

// close ends everything but the socket; it does not wait.
func (p *icePath) close(readers *sync.WaitGroup) {
	if p == nil {
		return
	}
	p.stop()
	_ = p.duct.Close() // never fails
	agent := p.agent
	readers.Go(func() {
		if agent != nil {
			_ = agent.Close() // it may be closed already
		}
		_ = p.mux.Close()
	})
}

// newICE makes a path on a socket that says it is at addr. It starts the mux's goroutine, which ends with the duct.
func newICE(addr netip.Addr, socks pair) *icePath {
	p := &icePath{duct: newDuct(netip.AddrPortFrom(addr, uint16(socks.port)), socks.rtp.Send), stop: func() {}}
	p.mux = ice.NewUniversalUDPMuxDefault(ice.UniversalUDPMuxParams{UDPConn: p.duct, Logger: quiet().NewLogger("ice")})
	return p
}

// newAgent makes the agent of a path with new credentials, or with those of before where the far end has them already.
func (p *icePath) newAgent(addr netip.Addr, servers []*stun.URI, old sdp.ICE) (*ice.Agent, error) {
	network := ice.NetworkTypeUDP4
	if addr.Is6() {
		network = ice.NetworkTypeUDP6
	}
	options := []ice.AgentOption{
		ice.WithUDPMux(p.mux.UDPMuxDefault), ice.WithUDPMuxSrflx(p.mux), ice.WithNetworkTypes([]ice.NetworkType{network}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), ice.WithUrls(servers), ice.WithLoggerFactory(quiet()),
		ice.WithSTUNGatherTimeout(gatherLimit / 2), ice.WithPrflxAcceptanceMinWait(100 * time.Millisecond),
	}
	if addr.IsLoopback() {
		options = append(options, ice.WithIncludeLoopback())
	}
	if old.Ufrag != "" {
		options = append(options, ice.WithLocalCredentials(old.Ufrag, old.Pwd))
	}
	return ice.NewAgentWithOptions(options...)
}

// candidates finds the candidates of an agent, all of them or those of gatherLimit.
func candidates(ctx context.Context, agent *ice.Agent) (sdp.ICE, error) {
	all := make(chan struct{})
	var once sync.Once
	if err := agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			once.Do(func() { close(all) })
		}
	}); err != nil {
		return sdp.ICE{}, err
	}
	if err := agent.GatherCandidates(); err != nil {
		return sdp.ICE{}, err
	}
	late := time.NewTimer(gatherLimit)
	defer late.Stop()
	select {
	case <-all:
	case <-late.C:
	case <-ctx.Done():
		return sdp.ICE{}, ctx.Err()
	}
	ufrag, pwd, err := agent.GetLocalUserCredentials()
	if err != nil {
		return sdp.ICE{}, err
	}
	list, err := agent.GetLocalCandidates()
	if err != nil {
		return sdp.ICE{}, err
	}
	out := sdp.ICE{Ufrag: ufrag, Pwd: pwd}
	for _, c := range list {
		out.Candidates = append(out.Candidates, c.Marshal())
	}
	return out, nil
}

// overICE reports whether what was agreed goes by ICE.
func (s *session) overICE() bool { return s.ice != nil && s.agreed.ICE.Ufrag != "" }

// seek makes a path of ICE for a call and finds its candidates; what waits for them goes on then. Without candidates the call goes on
// without ICE.
func (e *Engine) seek(s *session, old sdp.ICE) {
	addr := s.state.Addr()
	p := newICE(addr, s.socks)
	s.ice = p
	s.socks.checks.Store(p.duct)
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	port := s.socks.port
	e.readers.Go(func() {
		agent, local, err := e.find(ctx, p, addr, old)
		kept := e.post(func(now time.Time) {
			p.agent = agent
			switch {
			case s.done || s.ice != p:
				p.close(&e.readers)
			case err != nil:
				e.withoutICE(now, s, err)
			default:
				p.gathered, p.local = true, local
				s.state = s.state.Move(addr, port, local)
				e.goOn(now, s)
			}
		})
		if !kept && agent != nil {
			_ = agent.Close() // Run has ended
		}
	})
}

// find makes the agent of a path and finds its candidates.
func (e *Engine) find(ctx context.Context, p *icePath, addr netip.Addr, old sdp.ICE) (*ice.Agent, sdp.ICE, error) {
	servers, err := e.cfg.servers(ctx)
	if err != nil {
		e.log.Warn("not every server is asked for candidates", "error", err)
	}
	agent, err := p.newAgent(addr, servers, old)
	if err != nil {
		return nil, sdp.ICE{}, err
	}
	local, err := candidates(ctx, agent)
	return agent, local, err
}

func (e *Engine) withoutICE(now time.Time, s *session, err error) {
	s.log.Warn("there are no candidates for ICE", "error", err)
	s.ice.close(&e.readers)
	s.ice = nil
	s.socks.checks.Store(nil)
	s.state = s.state.Move(s.state.Addr(), s.socks.port, sdp.ICE{})
	e.goOn(now, s)
}

// when does something to a call as soon as its candidates are known. There is one such thing at a time: the newest.
func (e *Engine) when(now time.Time, s *session, do func(time.Time)) {
	if (s.ice == nil || s.ice.gathered) && (s.peering == nil || s.peering.pc != nil) {
		do(now)
		return
	}
	s.waiting = do
}

func (e *Engine) goOn(now time.Time, s *session) {
	do := s.waiting
	s.waiting = nil
	if do != nil {
		do(now)
	}
}

// link begins the checks that what is agreed now needs.
func (e *Engine) link(s *session) {
	p, remote := s.ice, s.agreed.ICE
	if p == nil {
		return
	}
	if remote.Ufrag == "" {
		p.close(&e.readers)
		s.ice = nil
		s.socks.checks.Store(nil)
		return
	}
	if p.conn != nil && p.remote.Ufrag == remote.Ufrag && p.remote.Pwd == remote.Pwd {
		return
	}
	if p.conn != nil { // another phone answers our offer
		e.again(s, p.local)
		s.waiting = func(time.Time) { e.link(s) }
		return
	}
	var err error
	if err = p.agent.SetRemoteICELite(remote.Lite); err == nil {
		if s.agreed.Control {
			p.conn, err = p.agent.StartDial(remote.Ufrag, remote.Pwd)
		} else {
			p.conn, err = p.agent.StartAccept(remote.Ufrag, remote.Pwd)
		}
	}
	if err != nil {
		e.broken(s, fmt.Errorf("ICE cannot begin: %w", err))
		return
	}
	p.remote, p.connected = remote, false
	for _, c := range slices.Concat(remote.Candidates, s.trickled) {
		s.candidate(c)
	}
	e.await(s, p)
}

// mostTrickled bounds what a far end can make us look for.
const mostTrickled = 64

// trickle takes candidates that come after the description: at once, or once there is a path to look for.
func (e *Engine) trickle(s *session, fragments [][]byte) {
	for _, f := range fragments {
		list, _ := sdp.Candidates(f)
		for _, c := range list {
			if len(s.trickled) == mostTrickled {
				return
			}
			s.trickled = append(s.trickled, c)
			switch {
			case s.ice != nil && s.ice.conn != nil:
				s.candidate(c)
			case s.peering != nil && s.peering.knows:
				e.more(s.peering, []string{c})
			}
		}
	}
}

// candidate tells the agent where the far end may be.
func (s *session) candidate(value string) {
	c, err := ice.UnmarshalCandidate(value)
	if err == nil {
		err = s.ice.agent.AddRemoteCandidate(c)
	}
	if err != nil {
		s.log.Info("a candidate of the far end is left out", "error", err)
	}
}

// await waits for the path and then reads what comes by a relay: everything else comes by the socket.
func (e *Engine) await(s *session, p *icePath) {
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	chosen := func(_, remote ice.Candidate) {
		at := candidateAddr(remote)
		e.post(func(now time.Time) { e.chosen(now, s, p, at) })
	}
	failed := func(state ice.ConnectionState) {
		if state == ice.ConnectionStateFailed {
			e.post(func(time.Time) { e.pathLost(s, p) })
		}
	}
	if p.agent.OnSelectedCandidatePairChange(chosen) != nil || p.agent.OnConnectionStateChange(failed) != nil {
		return // it is closed
	}
	e.readers.Go(func() {
		limit, cancel := context.WithTimeout(ctx, connectLimit)
		defer cancel()
		if err := p.agent.AwaitConnect(limit); err != nil {
			return // overdue says so
		}
		if pair, err := p.agent.GetSelectedCandidatePair(); err == nil && pair != nil {
			chosen(pair.Local, pair.Remote)
		}
		e.in.relay(p.conn, s)
	})
}

// candidateAddr is where packets to a candidate go.
func candidateAddr(c ice.Candidate) netip.AddrPort {
	a, err := netip.ParseAddr(c.Address())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(c.Port()))
}

// chosen is the path that ICE has chosen, at first or later.
func (e *Engine) chosen(now time.Time, s *session, p *icePath, at netip.AddrPort) {
	if s.done || s.ice != p {
		return
	}
	first := !p.connected
	p.connected = true
	s.peer, s.peerRTCP = at, at
	if first {
		s.log.Info("ICE has found a path")
		s.reroute()
		e.key(s)
	}
	e.progress(now, s)
}

// pathLost asks for another offer, which begins ICE anew (RFC 8445 §2.4).
func (e *Engine) pathLost(s *session, p *icePath) {
	if s.done || s.ice != p || !s.sounded {
		return
	}
	s.log.Warn("the path of ICE is lost")
	s.renew = true
	e.tell(s.id, call.Moved{})
}

// relay brings what comes by an allocation at a relay: the far end's, whom ICE has checked.
func (in *inbox) relay(c net.Conn, to *session) {
	for {
		d := in.free.Get().(*datagram)
		n, err := c.Read(d.buf[:])
		if err != nil {
			in.free.Put(d)
			return
		}
		d.to, d.rtcp, d.at, d.n, d.from = to, false, time.Now(), n, netip.AddrPort{}
		select {
		case in.ch <- d:
		case <-in.done:
			return
		}
	}
}
