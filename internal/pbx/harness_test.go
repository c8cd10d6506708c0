package pbx

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/sip"
)

// patience is how long a test waits for something that must come.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	sip.Prepare()
	os.Exit(m.Run())
}

// lab is a running server with phones on it.
type lab struct {
	*Server
	t   *testing.T
	ctx context.Context
}

func newLab(t *testing.T, change func(*Config)) *lab {
	t.Helper()
	cfg := Config{Users: map[string]string{"1001": "one", "1002": "two"}}
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	patient, stop := context.WithTimeout(context.Background(), patience)
	t.Cleanup(stop)
	return &lab{s, t, patient}
}

// phone is a UA of package sip with one account and a socket for sound.
type phone struct {
	*sip.UA
	t    *testing.T
	user string
	news chan call.News
	rtp  *net.UDPConn
}

func (b *lab) phone(user, transport string) *phone {
	b.t.Helper()
	rtp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		b.t.Fatal(err)
	}
	p := &phone{t: b.t, user: user, news: make(chan call.News, 1000), rtp: rtp}
	p.UA = sip.New(sip.Config{
		Local: netip.MustParseAddr("127.0.0.1"), UserAgent: "Sidetone/test",
		Password: func(_ context.Context, a call.Account) (string, error) { return b.cfg.Users[a.User()], nil },
	}, func(n call.News) { p.news <- n })
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx)
	}()
	b.t.Cleanup(func() {
		cancel()
		<-ended
		rtp.Close()
	})
	p.Do(call.UseAccounts{Accounts: []call.Account{{ID: "a", Address: fmt.Sprintf("sip:%s@%s", user, b.Addr()), Transport: transport}}})
	next(p, "registration", func(r call.Registered) bool { return r.Line.State == call.LineReady })
	return p
}

func next[T call.News](p *phone, what string, ok func(T) bool) T {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case n := <-p.news:
			if v, is := n.(T); is && (ok == nil || ok(v)) {
				return v
			}
		case <-late:
			p.t.Fatalf("no %s came to %s", what, p.user)
		}
	}
}

func event[E call.Event](p *phone, id call.ID) E {
	p.t.Helper()
	var e E
	h := next(p, fmt.Sprintf("%T", e), func(h call.Happened) bool {
		_, is := h.Event.(E)
		return is && h.ID == id
	})
	return h.Event.(E)
}

// sdp describes the phone's own socket, as any phone would.
func (p *phone) sdp(direction string) []byte {
	port := p.rtp.LocalAddr().(*net.UDPAddr).Port
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0 101\r\n"+
		"a=rtpmap:101 telephone-event/8000\r\na=%s\r\n", port, direction)
}

// speak sends 20 ms of sound or an event to where an SDP points.
func (p *phone) speak(to string, kind byte, seq int, stamp uint32, payload []byte) {
	b := make([]byte, 12, 200)
	b[0], b[1] = 0x80, kind
	binary.BigEndian.PutUint16(b[2:], uint16(seq))
	binary.BigEndian.PutUint32(b[4:], stamp)
	p.rtp.WriteToUDPAddrPort(append(b, payload...), parseSDP(to).addr)
}

// listen reads sound until n samples came, and returns them.
func (p *phone) listen(n int) []int16 {
	p.t.Helper()
	var out []int16
	buf := make([]byte, 2048)
	p.rtp.SetReadDeadline(time.Now().Add(patience))
	for len(out) < n {
		k, err := p.rtp.Read(buf)
		if err != nil {
			p.t.Fatalf("only %d samples were heard: %v", len(out), err)
		}
		if kind, _, payload := parseRTP(buf[:k]); kind == 0 {
			for _, v := range payload {
				out = append(out, decodeULaw(v))
			}
		}
	}
	return out
}

// power is the share of a frequency in a sound, 0–1 (Goertzel).
func power(x []int16, freq float64) float64 {
	var re, im, all float64
	for i, v := range x {
		s := float64(v)
		re += s * math.Cos(2*math.Pi*freq*float64(i)/8000)
		im += s * math.Sin(2*math.Pi*freq*float64(i)/8000)
		all += s * s
	}
	if all == 0 {
		return 0
	}
	return 2 * (re*re + im*im) / (float64(len(x)) * all)
}
