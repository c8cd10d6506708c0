package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/media/udp"
	"sidetone/internal/sdp"
)

func clockStart() time.Time { return time.Unix(1000, 0) }

// established is a session that talks to described, on sockets of its own.
func established(t testing.TB, described netip.AddrPort, attrs string) *session {
	t.Helper()
	socks, err := openPair(loopback(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession("c1", socks, sdp.Local{Addr: loopback()}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { s.close(clockStart()) })
	offer := "v=0\nc=IN IP4 " + described.Addr().String() + "\nm=audio " + strconv.Itoa(int(described.Port())) +
		" RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\n" + attrs
	if s.state, _, err = s.state.Answer([]byte(offer)); err != nil {
		t.Fatal(err)
	}
	if err := s.apply(clockStart()); err != nil {
		t.Fatal(err)
	}
	return s
}

func voice(ssrc uint32, seq uint16) []byte {
	b, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq, Timestamp: uint32(seq) * 160}, Payload: make([]byte, 160)}).Marshal()
	if err != nil {
		panic(err)
	}
	return b
}

func TestSymmetricRTP(t *testing.T) {
	described := netip.MustParseAddrPort("127.0.0.2:40000")
	natted, thief := netip.MustParseAddrPort("127.0.0.3:1234"), netip.MustParseAddrPort("127.0.0.4:6666")
	s := established(t, described, "")
	now := clockStart()
	at := func(from netip.AddrPort, ssrc uint32, seq uint16) {
		now = now.Add(20 * time.Millisecond)
		s.receive(now, from, voice(ssrc, seq), false)
	}
	at(natted, 1, 100)
	if s.peer != described {
		t.Error("one packet is not enough to move")
	}
	at(natted, 1, 101)
	if s.peer != natted || s.peerRTCP != netip.MustParseAddrPort("127.0.0.3:1235") {
		t.Errorf("sound goes to %v, reports to %v", s.peer, s.peerRTCP)
	}
	before := s.reception.received
	for seq := range uint16(10) {
		at(thief, 2, 500+seq)
		at(natted, 1, 102+seq)
	}
	if s.peer != natted || s.reception.received != before+10 {
		t.Errorf("a third party was heard: peer %v, %d packets", s.peer, s.reception.received)
	}
	now = now.Add(relatch)
	at(thief, 2, 600)
	at(thief, 2, 601)
	if s.peer != thief {
		t.Error("after a silence a new address is followed")
	}
	at(described, 3, 1)
	if s.peer != described || s.peerRTCP != netip.MustParseAddrPort("127.0.0.2:40001") {
		t.Errorf("the described address always wins: %v, %v", s.peer, s.peerRTCP)
	}
}

func TestReports(t *testing.T) {
	for _, mux := range []bool{false, true} {
		peer, err := openPair(loopback(), 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer peer.close()
		reports(t, peer, mux)
	}
}

func reports(t *testing.T, peer pair, mux bool) {
	described := netip.AddrPortFrom(loopback(), uint16(peer.port))
	on, attrs := peer.rtcp, ""
	if mux {
		on, attrs = peer.rtp, "a=rtcp-mux\n"
	}
	s := established(t, described, attrs)
	now := clockStart()
	for _, seq := range []uint16{65534, 65535, 0, 2, 3, 4, 5, 6, 7} { // packet 1 is lost
		now = now.Add(20 * time.Millisecond)
		s.receive(now, described, voice(9, seq), false)
	}
	sr, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 9, NTPTime: 0x1122334455667788}})
	if err != nil {
		t.Fatal(err)
	}
	s.receive(now, described, sr, !mux)
	s.report(now.Add(time.Second), false)
	first := readReport(t, on)
	rr, ok := first[0].(*rtcp.ReceiverReport)
	if !ok || len(rr.Reports) != 1 {
		t.Fatalf("%v", first)
	}
	b := rr.Reports[0]
	if b.SSRC != 9 || b.TotalLost != 1 || b.FractionLost != 25 || b.LastSequenceNumber != 2<<16+7 ||
		b.LastSenderReport != 0x33445566 || b.Delay != 65536 {
		t.Errorf("%+v", b)
	}
	s.speak(make([]int16, block), nil)
	s.speak(make([]int16, block), nil)
	var sound [2048]byte
	if n, _, err := peer.rtp.Read(sound[:]); err != nil || n != 172 {
		t.Fatalf("%d octets of sound, %v", n, err)
	}
	s.close(now.Add(2 * time.Second))
	last := readReport(t, on)
	if _, ok := last[0].(*rtcp.SenderReport); !ok || len(last) != 3 {
		t.Fatalf("%v", last)
	}
	if d, ok := last[1].(*rtcp.SourceDescription); !ok || d.Chunks[0].Items[0].Type != rtcp.SDESCNAME {
		t.Errorf("%v", last[1])
	}
	if bye, ok := last[2].(*rtcp.Goodbye); !ok || bye.Sources[0] != s.sender.ssrc {
		t.Errorf("%v", last[2])
	}
}

// TestFirstPacket: a call's first packet goes out before the microphone has given anything, once.
func TestFirstPacket(t *testing.T) {
	peer, err := openPair(loopback(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.close()
	s := established(t, netip.AddrPortFrom(loopback(), uint16(peer.port)), "")
	e := New(Config{}, func(call.News) {})
	defer e.beat.Close()
	for range 2 { // the second is a refresh
		e.announce(clockStart(), s, false)
	}
	if s.sender.packets != 1 {
		t.Fatalf("%d packets", s.sender.packets)
	}
	var b [2048]byte
	n, _, err := peer.rtp.Read(b[:])
	if err != nil || n != 172 || b[1] != 0x80 || bytes.Count(b[12:n], []byte{0xff}) != 160 {
		t.Errorf("%d octets, %v: %x", n, err, b[:n])
	}
}

func readReport(t *testing.T, c *udp.Socket) []rtcp.Packet {
	t.Helper()
	defer time.AfterFunc(30*time.Second, func() { c.Close() }).Stop()
	var b [2048]byte
	n, _, err := c.Read(b[:])
	if err != nil {
		t.Fatal(err)
	}
	p, err := rtcp.Unmarshal(b[:n])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRoundTripAndGoodbye(t *testing.T) {
	described := netip.MustParseAddrPort("127.0.0.2:40000")
	s := established(t, described, "")
	now := clockStart()
	s.receive(now, described, voice(9, 1), false)
	send := func(from netip.AddrPort, p rtcp.Packet) {
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		s.receive(now.Add(time.Second), from, b, true)
	}
	sent := uint32(ntp(now) >> 16)
	rr := &rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{{SSRC: s.sender.ssrc, LastSenderReport: sent, Delay: 65536 / 2}}}
	send(netip.MustParseAddrPort("127.0.0.9:9"), rr)
	if s.roundTrip != 0 {
		t.Error("a stranger's report counted")
	}
	send(described, rr)
	if s.roundTrip != time.Second/2 {
		t.Errorf("round trip %v", s.roundTrip)
	}
	send(described, &rtcp.Goodbye{Sources: []uint32{9}})
	if s.reception.known {
		t.Error("the source that left is still believed")
	}
}

func TestSecureSoundIsEncryptedOnTheWire(t *testing.T) {
	peer, err := openPair(loopback(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.close()
	s := established(t, netip.AddrPortFrom(loopback(), uint16(peer.port)), "")
	far := keys{}
	a, b := bytes.Repeat([]byte{1}, 30), bytes.Repeat([]byte{2}, 30)
	if err := errors.Join(s.keys.use(sdp.Agreed{Keying: sdp.SDES, Suite: sdp.AES128SHA80, SendKey: a, RecvKey: b}),
		far.use(sdp.Agreed{Keying: sdp.SDES, Suite: sdp.AES128SHA80, SendKey: b, RecvKey: a})); err != nil {
		t.Fatal(err)
	}
	s.speak(make([]int16, block), nil)
	s.speak(make([]int16, block), nil)
	var wire [2048]byte
	n, _, err := peer.rtp.Read(wire[:])
	if err != nil || n != 12+160+10 || bytes.Count(wire[12:n], []byte{0xff}) > 20 {
		t.Fatalf("%d octets, %v: %x", n, err, wire[:n])
	}
	plain, err := far.open(wire[:n], false)
	if err != nil || !bytes.Equal(plain[12:], bytes.Repeat([]byte{0xff}, 160)) {
		t.Errorf("%v: %x", err, plain)
	}
	sealed, err := far.seal(voice(9, 1), false)
	if err != nil {
		t.Fatal(err)
	}
	from := s.agreed.RTP
	for _, b := range [][]byte{voice(9, 5), append(bytes.Clone(sealed[:40]), sealed[41:]...), sealed, sealed} {
		s.receive(clockStart(), from, b, false)
	}
	if s.reception.received != 1 {
		t.Errorf("%d of one genuine, one replayed, one damaged and one plain packet were taken", s.reception.received)
	}
}

func TestRubbishChangesNothing(t *testing.T) {
	file := wav(t, "a.wav")
	a := start(t, Config{}, audio.Choice{Input: "silence", Output: "file:" + file})
	b := start(t, Config{}, audio.Choice{Input: "tone:1004", Output: "null"})
	a.engine.Do(call.MakeOffer{ID: "c1"})
	offer := await[call.LocalSDP](a, "the offer", nil)
	d, err := sdp.Parse(offer.SDP)
	if err != nil {
		t.Fatal(err)
	}
	b.engine.Do(call.MakeAnswer{ID: "c1", Offer: offer.SDP})
	a.engine.Do(call.Connect{ID: "c1", Answer: await[call.LocalSDP](b, "the answer", nil).SDP})
	await[call.MediaUp](a, "sound", nil)
	eventually(t, "the tone", func() bool { return hears(file, 1004) })
	c, err := net.Dial("udp", netip.AddrPortFrom(loopback(), uint16(d.Media[0].Port)).String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctrl, err := net.Dial("udp", netip.AddrPortFrom(loopback(), uint16(d.Media[0].Port+1)).String())
	if err != nil {
		t.Fatal(err)
	}
	defer ctrl.Close()
	for i, bad := range rubbish() {
		for _, to := range []net.Conn{c, ctrl} {
			if _, err := to.Write(bad); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
	}
	_, had := tail(file)
	eventually(t, "the tone goes on", func() bool {
		_, now := tail(file)
		return now > had+audio.Rate/2 && hears(file, 1004)
	})
	for _, n := range a.events() {
		t.Errorf("unexpected %+v", n)
	}
}

// rubbish are datagrams no call should mind, among them well-formed ones of a stranger.
func rubbish() [][]byte {
	huge := make([]byte, 60000)
	huge[0] = 0x80
	event := voice(4, 9)
	event[1] = 101
	return [][]byte{
		{}, {0x80}, {0x80, 0}, {0x80, 200}, {0x80, 200, 0xff, 0xff}, {0xbf, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1},
		{0x9f, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff}, {0xa0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xff},
		[]byte("GET / HTTP/1.1\r\n\r\n"), {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, huge, event,
		voice(4, 1), voice(4, 2), voice(4, 3), binary.BigEndian.AppendUint32([]byte{0x81, 203, 0, 1}, 4),
	}
}

func FuzzReceive(f *testing.F) {
	for _, b := range rubbish() {
		if len(b) < 2000 {
			f.Add(b, false)
			f.Add(b, true)
		}
	}
	described := netip.MustParseAddrPort("127.0.0.2:40000")
	s := established(f, described, "a=rtcp-mux\n")
	now := clockStart()
	var out [block]int16
	f.Fuzz(func(t *testing.T, b []byte, onRTCP bool) {
		now = now.Add(10 * time.Millisecond)
		s.receive(now, described, b, onRTCP)
		s.player.pull(now, out[:])
		if s.peer != described {
			t.Fatal("the peer moved")
		}
	})
}
