package pbx

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Play is what a conversation sends.
type Play int

// What a conversation can send.
const (
	PlaySilence Play = iota
	PlaySpeech       // the configured sentence, over and over
	PlayTone         // 1004 Hz
	PlayEcho         // what it hears
	PlayDigits       // the DTMF tone of every RFC 4733 digit it hears, silence in between
)

// mostHeard bounds what is recorded: two minutes.
const mostHeard = 120 * 8000

// sound is the RTP of one conversation (RFC 3550): a socket, a goroutine that sends every 20 ms on an absolute schedule
// and one that receives.
type sound struct {
	conn   *net.UDPConn
	local  netip.AddrPort
	speech []int16
	done   chan struct{}
	once   sync.Once
	work   sync.WaitGroup
	digit  func(rune) // told about every digit heard
	more   func()     // told about every packet heard

	mu      sync.Mutex
	started bool
	play    Play
	remote  netip.AddrPort
	sending bool
	event   int // payload type of telephone-event, -1: none
	heard   []int16
	echo    [][]byte
	tones   []rune // digits still to be played in band
	keys    []rune // digits still to be sent as events
}

func newSound(ip netip.Addr, play Play, speech []int16) (*sound, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		return nil, err
	}
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return &sound{
		conn: conn, local: netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), speech: speech, done: make(chan struct{}),
		play: play, event: -1,
	}, nil
}

// start begins to send and receive, once, unless stop came first.
func (m *sound) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.done:
	default:
		if m.started {
			return
		}
		m.started = true
		m.work.Go(m.receive)
		m.work.Go(m.send)
	}
}

// stop ends both goroutines and waits for them.
func (m *sound) stop() {
	m.once.Do(func() {
		m.mu.Lock()
		close(m.done)
		m.mu.Unlock()
		m.conn.Close()
	})
	m.work.Wait()
}

// aim sets where sound goes and whether any does.
func (m *sound) aim(d description, sending bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remote, m.sending, m.event = d.addr, sending, d.event
}

// send paces packets on an absolute schedule: a late one is followed by an early one, so the mean rate stays exact.
func (m *sound) send() {
	var id [8]byte
	rand.Read(id[:])
	out := outgoing{m: m, ssrc: binary.BigEndian.Uint32(id[:]), seq: binary.BigEndian.Uint16(id[4:])}
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		select {
		case <-m.done:
			return
		case <-timer.C:
		}
		out.tick(n)
		timer.Reset(time.Until(start.Add(time.Duration(n+1) * 20 * time.Millisecond)))
	}
}

// outgoing is the state of the sender, owned by its goroutine.
type outgoing struct {
	m      *sound
	ssrc   uint32
	seq    uint16
	key    rune // being sent as an event
	keyAt  int  // tick it began
	toneOf rune // being played in band
	toneAt int
}

const (
	eventTicks = 5 // an event lasts 100 ms
	toneTicks  = 8 // an in-band tone lasts 160 ms, then 80 ms of silence
)

func (o *outgoing) tick(n int) {
	m := o.m
	m.mu.Lock()
	to, sending, event := m.remote, m.sending, m.event
	if o.key == 0 && len(m.keys) > 0 && event >= 0 {
		o.key, o.keyAt, m.keys = m.keys[0], n, m.keys[1:]
	}
	payload := o.payload(n)
	m.mu.Unlock()
	if !sending || !to.IsValid() {
		o.key = 0
		return
	}
	if o.key != 0 {
		o.sendEvent(n, event, to)
		return
	}
	o.packet(to, 0, uint32(n*frame), false, payload)
}

// payload is the next 20 ms of sound. The lock is held.
func (o *outgoing) payload(n int) []byte {
	m := o.m
	samples := make([]int16, frame)
	switch m.play {
	case PlayEcho:
		if len(m.echo) > 0 {
			p := m.echo[0]
			m.echo = m.echo[1:]
			return p
		}
	case PlaySpeech:
		for i := range samples {
			samples[i] = m.speech[(n*frame+i)%len(m.speech)]
		}
	case PlayTone:
		samples = tone(n*frame, 1004)
	case PlayDigits:
		if o.toneOf == 0 && len(m.tones) > 0 {
			o.toneOf, o.toneAt, m.tones = m.tones[0], n, m.tones[1:]
		}
		if o.toneOf != 0 && n-o.toneAt < toneTicks {
			low, high := dtmf(o.toneOf)
			samples = tone((n-o.toneAt)*frame, low, high)
		} else if n-o.toneAt >= toneTicks+4 {
			o.toneOf = 0
		}
	}
	out := make([]byte, frame)
	for i, v := range samples {
		out[i] = encodeULaw(v)
	}
	return out
}

// sendEvent sends one packet of an RFC 4733 event; the last one three times (§2.5.1.4).
func (o *outgoing) sendEvent(n, event int, to netip.AddrPort) {
	code := strings.IndexRune(keys, o.key)
	k := n - o.keyAt
	body := []byte{byte(code), 10, 0, 0}
	binary.BigEndian.PutUint16(body[2:], uint16((k+1)*frame))
	times := 1
	if k == eventTicks-1 {
		body[1] |= 0x80
		times = 3
	}
	for i := 0; i < times && k < eventTicks; i++ {
		o.packet(to, event, uint32(o.keyAt*frame), k == 0, body)
	}
	if k >= eventTicks+2 { // a pause between digits
		o.key = 0
	}
}

func (o *outgoing) packet(to netip.AddrPort, kind int, stamp uint32, marker bool, payload []byte) {
	b := make([]byte, 12, 12+len(payload))
	b[0], b[1] = 0x80, byte(kind&0x7f)
	if marker {
		b[1] |= 0x80
	}
	o.seq++
	binary.BigEndian.PutUint16(b[2:], o.seq)
	binary.BigEndian.PutUint32(b[4:], stamp)
	binary.BigEndian.PutUint32(b[8:], o.ssrc)
	o.m.conn.WriteToUDPAddrPort(append(b, payload...), to)
}

// receive records what comes and counts digits. It ends when the socket is closed.
func (m *sound) receive() {
	buf := make([]byte, 2048)
	var last uint32
	counted := false
	for {
		n, err := m.conn.Read(buf)
		if err != nil {
			select {
			case <-m.done:
				return
			default:
				continue // an ICMP refusal of what we sent
			}
		}
		kind, stamp, payload := parseRTP(buf[:n])
		m.mu.Lock()
		event := m.event
		m.mu.Unlock()
		switch {
		case kind == 0:
			m.hear(payload)
		case kind >= 0 && kind == event && len(payload) >= 4:
			if counted && stamp == last {
				continue
			}
			last, counted = stamp, true
			m.press(int(payload[0]))
		}
	}
}

// parseRTP takes a packet apart; kind is -1 for what is none.
func parseRTP(b []byte) (kind int, stamp uint32, payload []byte) {
	if len(b) < 12 || b[0]>>6 != 2 {
		return -1, 0, nil
	}
	head := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 && len(b) >= head+4 {
		head += 4 + 4*int(binary.BigEndian.Uint16(b[head+2:]))
	}
	if len(b) < head {
		return -1, 0, nil
	}
	return int(b[1] & 0x7f), binary.BigEndian.Uint32(b[4:]), b[head:]
}

func (m *sound) hear(payload []byte) {
	m.record(payload)
	m.more()
}

func (m *sound) record(payload []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.play == PlayEcho && len(m.echo) < 25 {
		m.echo = append(m.echo, append([]byte(nil), payload...))
	}
	if len(m.heard) >= mostHeard {
		return
	}
	for _, b := range payload {
		m.heard = append(m.heard, decodeULaw(b))
	}
}

func (m *sound) press(code int) {
	if code < 0 || code >= len(keys) {
		return
	}
	key := rune(keys[code])
	m.mu.Lock()
	if m.play == PlayDigits {
		m.tones = append(m.tones, key)
	}
	m.mu.Unlock()
	m.digit(key)
}
