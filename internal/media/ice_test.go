package media

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/turn/v5"

	"sidetone/internal/audio"
	"sidetone/internal/call"
)

// TestPathsAndKeys: each path with each keying, between two engines.
func TestPathsAndKeys(t *testing.T) {
	for _, ice := range []string{"off", "on"} {
		for _, keys := range []string{"", "sdes", "dtls"} {
			t.Run("ice "+ice+" keys "+keys, func(t *testing.T) {
				account := call.Account{ICE: ice, Keys: keys}
				if keys != "" {
					account.Encryption = "required"
				}
				fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
				a := start(t, as(account), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
				b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
				pass(a, b, "c1", asItIs)
				await[call.MediaUp](a, "sound at the caller", nil)
				await[call.MediaUp](b, "sound at the answerer", nil)
				eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
				if over := probe(a, func(s *session) bool { return s.overICE() }); over != (ice == "on") {
					t.Errorf("over ICE: %v", over)
				}
				reoffer(a, b, "c1", true)
				eventually(t, "it is held", func() bool { return silent(fileA) })
				reoffer(b, a, "c1", false)
				reoffer(a, b, "c1", false)
				eventually(t, "both hear each other again", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
			})
		}
	}
}

// TestFarEndWithoutICE answers at the address of the m= line, and is heard there.
func TestFarEndWithoutICE(t *testing.T) {
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	a := start(t, as(call.Account{ICE: "on"}), audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, as(call.Account{ICE: "off"}), audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
	if probe(a, func(s *session) bool { return s.ice != nil }) {
		t.Error("the checks go on")
	}
}

// TestStrangersUnderICE: who is not on the path that was found is not heard, in plain sound, too.
func TestStrangersUnderICE(t *testing.T) {
	a := start(t, as(call.Account{ICE: "on"}), audio.Choice{Input: "silence", Output: "null"})
	b := start(t, Config{}, audio.Choice{Input: "silence", Output: "null"})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	await[call.MediaUp](b, "sound", nil)
	b.engine.Do(call.Park{ID: "c1", On: true})
	stranger, err := openPair(loopback(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.close()
	var to netip.AddrPort
	var ssrc uint32
	probe(a, func(s *session) bool {
		to, ssrc = netip.AddrPortFrom(loopback(), uint16(s.socks.port)), s.reception.ssrc
		return true
	})
	var sent time.Time
	for i := range 50 {
		sent = time.Now()
		if err := stranger.rtp.Send(voice(99, uint16(i)), to); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "what came since has been looked at", func() bool { return probe(a, func(s *session) bool { return s.heardAt.After(sent.Add(pulse)) }) })
	if !probe(a, func(s *session) bool {
		return s.reception.ssrc != 99 && (ssrc == 0 || s.reception.ssrc == ssrc) && s.peer.Port() != uint16(stranger.port)
	}) {
		t.Error("the stranger is believed")
	}
}

// TestMovesWithTheNetwork: another address of ours makes another offer, which begins ICE anew where there is ICE; the keys and the call stay.
func TestMovesWithTheNetwork(t *testing.T) {
	for _, ice := range []string{"off", "on"} {
		for _, keys := range []string{"", "sdes", "dtls"} {
			t.Run("ice "+ice+" keys "+keys, func(t *testing.T) {
				account := call.Account{ICE: ice, Keys: keys}
				if keys != "" {
					account.Encryption = "required"
				}
				moves(t, account)
			})
		}
	}
}

func moves(t *testing.T, account call.Account) {
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	var at atomic.Pointer[netip.Addr]
	first, second := loopback(), netip.MustParseAddr("127.0.0.5")
	at.Store(&first)
	a := startAt(t, as(account), audio.Choice{Input: "tone:440", Output: "file:" + fileA}, func() netip.Addr { return *at.Load() })
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	pass(a, b, "c1", asItIs)
	await[call.MediaUp](a, "sound", nil)
	await[call.MediaUp](b, "sound", nil)
	eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
	var had [2]*association
	probe(a, func(s *session) bool { had = s.shakes; return true })
	at.Store(&second)
	a.engine.Do(call.MakeReoffer{ID: "c1"})
	offer := await[call.LocalSDP](a, "the offer from the other address", nil).SDP
	if !bytes.Contains(offer, []byte("c=IN IP4 127.0.0.5\r\n")) || bytes.Contains(offer, []byte("a=candidate:")) != (account.ICE == "on") {
		t.Errorf("%s", offer)
	}
	b.engine.Do(call.MakeAnswer{ID: "c1", Offer: offer})
	answer := await[call.LocalSDP](b, "the answer", nil).SDP
	b.engine.Do(call.Connect{ID: "c1"})
	a.engine.Do(call.Connect{ID: "c1", Answer: answer})
	await[call.MediaUp](a, "sound by the new path", nil)
	await[call.MediaUp](b, "sound by the new path", nil)
	_, hadA := tail(fileA)
	_, hadB := tail(fileB)
	eventually(t, "both hear each other again", func() bool {
		_, nowA := tail(fileA)
		_, nowB := tail(fileB)
		return nowA > hadA+audio.Rate/2 && nowB > hadB+audio.Rate/2 && hears(fileA, 1004) && hears(fileB, 440)
	})
	if !probe(b, func(s *session) bool { return s.peer.Addr() == second }) {
		t.Error("the far end still sends to the old address")
	}
	if !probe(a, func(s *session) bool { return s.shakes == had }) {
		t.Error("the handshake was done again")
	}
}

// TestICELeavesNothing running after a call, however it ended.
func TestICELeavesNothing(t *testing.T) {
	p := start(t, as(call.Account{Encryption: "required", Keys: "dtls", ICE: "on"}), audio.Choice{Input: "silence", Output: "null"})
	p.engine.Do(call.Release{ID: "none"})
	before := runtime.NumGoroutine()
	for range 5 {
		p.engine.Do(call.MakeOffer{ID: "c1"})
		offer := string(await[call.LocalSDP](p, "the offer", nil).SDP)
		if !strings.Contains(offer, "a=candidate:") || !strings.Contains(offer, " UDP/TLS/RTP/SAVPF ") {
			t.Fatal(offer)
		}
		p.engine.Do(call.Release{ID: "c1"})
		p.engine.Do(call.MakeOffer{ID: "c2"})
		p.engine.Do(call.Release{ID: "c2"}) // while it looks for candidates
	}
	eventually(t, "what ran for the calls has ended", func() bool { return runtime.NumGoroutine() <= before })
}

// relay runs a TURN server, which answers STUN, too, and counts the allocations it was asked for with the right password.
func relayServer(t *testing.T) (url string, allowed *atomic.Int32) {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	allowed = new(atomic.Int32)
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "example.com", LoggerFactory: quiet(),
		AuthHandler: func(a *turn.RequestAttributes) (string, []byte, bool) {
			allowed.Add(1)
			return a.Username, turn.GenerateAuthKey(a.Username, a.Realm, "secret"), a.Username == "phone"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: c, RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
			PermissionHandler: func(net.Addr, net.IP) bool { return true },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return c.LocalAddr().String(), allowed
}

// TestRelay: two ends that know of each other only where a relay stands for them hear each other.
func TestRelay(t *testing.T) {
	at, allowed := relayServer(t)
	cfg := as(call.Account{Encryption: "required", Keys: "dtls", ICE: "on"})
	cfg.ICEServers, cfg.TURNUser = []string{"stun:" + at, "turn:" + at}, "phone"
	cfg.TURNPassword = func(context.Context) (string, error) { return "secret", nil }
	relayed := func(b []byte) []byte {
		out := without(`a=candidate:.* typ (host|srflx)`)(instead("m=audio [0-9]+ ", "m=audio 9 ")(b))
		if !bytes.Contains(out, []byte(" typ relay ")) {
			t.Errorf("%s", b)
		}
		return out
	}
	fileA, fileB := wav(t, "a.wav"), wav(t, "b.wav")
	a := start(t, cfg, audio.Choice{Input: "tone:440", Output: "file:" + fileA})
	b := start(t, cfg, audio.Choice{Input: "tone:1004", Output: "file:" + fileB})
	pass(a, b, "c1", relayed)
	await[call.MediaUp](a, "sound", nil)
	await[call.MediaUp](b, "sound", nil)
	eventually(t, "both hear each other", func() bool { return hears(fileA, 1004) && hears(fileB, 440) })
	if allowed.Load() == 0 {
		t.Error("nobody asked for an allocation")
	}
}

// TestServersThatDoNotHelp: without a password, with a wrong one and with a server that is not there a call goes on with the candidates
// there are.
func TestServersThatDoNotHelp(t *testing.T) {
	at, _ := relayServer(t)
	deaf, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	for name, password := range map[string]func(context.Context) (string, error){
		"none":  func(context.Context) (string, error) { return "", errors.New("none is stored") },
		"wrong": func(context.Context) (string, error) { return "guess", nil },
	} {
		cfg := as(call.Account{ICE: "on"})
		cfg.ICEServers, cfg.TURNUser, cfg.TURNPassword = []string{"turn:" + at, "stun:" + deaf.LocalAddr().String()}, "phone", password
		a := start(t, cfg, audio.Choice{Input: "tone:440", Output: "null"})
		began := time.Now()
		a.engine.Do(call.MakeOffer{ID: "c1"})
		offer := await[call.LocalSDP](a, "the offer", nil).SDP
		if took := time.Since(began); took > gatherLimit+3*time.Second {
			t.Errorf("%s: the offer took %v", name, took)
		}
		if !bytes.Contains(offer, []byte(" typ host")) || bytes.Contains(offer, []byte(" typ relay")) {
			t.Errorf("%s: %s", name, offer)
		}
	}
}
