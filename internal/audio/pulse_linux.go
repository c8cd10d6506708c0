package audio

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"sidetone/internal/devices"
)

// errNoPulse says that no PulseAudio, or PipeWire in its place, answers.
var errNoPulse = errors.New("no PulseAudio server answers")

const (
	answerTime = time.Second           // of the server
	request    = 5 * time.Millisecond  // of sound that the server asks for at a time
	fragment   = 5 * time.Millisecond  // of sound that a microphone gives at a time
	shallow    = 20 * time.Millisecond // from a speaker's stream to the air, as long as that goes well
)

// dialPulse connects to the server of this user's session. What the server says unasked goes to heard, in a goroutine of the
// connection's own.
func dialPulse(heard func(any)) (*proto.Client, net.Conn, error) {
	network, address := pulseServer()
	conn, err := net.DialTimeout(network, address, answerTime)
	if err != nil {
		return nil, nil, errNoPulse
	}
	c := &proto.Client{Callback: heard}
	c.SetTimeout(answerTime)
	c.Open(newWire(conn))
	cookie := pulseCookie()
	var auth proto.AuthReply
	if err := c.Request(&proto.Auth{Version: c.Version(), Cookie: cookie}, &auth); err != nil {
		return nil, nil, errors.Join(errNoPulse, conn.Close())
	}
	c.SetVersion(auth.Version)
	props := proto.PropList{
		"application.name": proto.PropListString("Sidetone"), "application.id": proto.PropListString("app.sidetone.desktop"),
		"application.process.binary": proto.PropListString(filepath.Base(os.Args[0])),
	}
	if err := c.Request(&proto.SetClientName{Props: props}, &proto.SetClientNameReply{}); err != nil {
		return nil, nil, errors.Join(errNoPulse, conn.Close())
	}
	return c, conn, nil
}

// pulseServer is where the server listens, as PulseAudio's own clients look for it.
func pulseServer() (network, address string) {
	for _, s := range strings.Fields(os.Getenv("PULSE_SERVER")) {
		if _, rest, ok := strings.Cut(s, "}"); ok && s[0] == '{' {
			s = rest
		}
		if path, ok := strings.CutPrefix(s, "unix:"); ok || strings.HasPrefix(s, "/") {
			return "unix", path
		}
		if address, ok := strings.CutPrefix(s, "tcp:"); ok {
			if _, _, err := net.SplitHostPort(address); err != nil {
				address = net.JoinHostPort(address, "4713")
			}
			return "tcp", address
		}
	}
	if dir := os.Getenv("PULSE_RUNTIME_PATH"); dir != "" {
		return "unix", filepath.Join(dir, "native")
	}
	return "unix", filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "pulse", "native")
}

// pulseCookie is what proves to a server elsewhere who asks; a server of this computer sees that by itself.
func pulseCookie() []byte {
	paths := []string{os.Getenv("PULSE_COOKIE"), filepath.Join(os.Getenv("HOME"), ".config", "pulse", "cookie")}
	for _, path := range paths {
		if b, err := os.ReadFile(path); err == nil && len(b) == 256 {
			return b
		}
	}
	return make([]byte, 256)
}

// pulseStream is one stream on a connection of its own: to close the connection ends it, whatever the server does.
type pulseStream struct {
	heart
	client *proto.Client
	conn   net.Conn
	index  uint32
}

// news takes what the server says of the stream.
func (s *pulseStream) news(message any) {
	switch message.(type) {
	case *proto.PlaybackStreamKilled, *proto.RecordStreamKilled, *proto.ConnectionClosed:
		s.die()
	}
}

func streamProperties(name string) proto.PropList {
	return proto.PropList{"media.role": proto.PropListString("phone"), "media.name": proto.PropListString(name)}
}

// refused makes a sentence of the server's error.
func refused(err error) error {
	switch {
	case errors.Is(err, proto.ErrNoSuchEntity):
		return errors.New("no such device is connected")
	case errors.Is(err, context.DeadlineExceeded):
		return errNoAnswer
	}
	return err
}

func spec() proto.SampleSpec {
	return proto.SampleSpec{Format: proto.FormatInt16LE, Channels: 1, Rate: Rate}
}

// pulseSource is a microphone.
type pulseSource struct {
	pulseStream
	ring    ring
	scratch [4 * Period]int16
}

func openPulseSource(d devices.Device, wake func()) (Source, error) {
	s := &pulseSource{pulseStream: pulseStream{heart: newHeart(wake)}}
	var err error
	if s.client, s.conn, err = dialPulse(s.heard); err != nil {
		return nil, err
	}
	var reply proto.CreateRecordStreamReply
	err = s.client.Request(&proto.CreateRecordStream{
		SampleSpec: spec(), ChannelMap: proto.ChannelMap{proto.ChannelMono}, SourceIndex: proto.Undefined, SourceName: d.ID,
		BufferMaxLength: proto.Undefined, BufferFragSize: bytesOf(fragment), NoMove: d.ID != "", AdjustLatency: true,
		DirectOnInputIndex: proto.Undefined, Properties: streamProperties("Microphone"), ChannelVolumes: proto.ChannelVolumes{0x10000},
	}, &reply)
	if err != nil {
		return nil, errors.Join(refused(err), s.conn.Close())
	}
	s.index = reply.StreamIndex
	return s, nil
}

// heard runs in the connection's goroutine.
func (s *pulseSource) heard(message any) {
	packet, ok := message.(*proto.DataPacket)
	if !ok {
		s.news(message)
		return
	}
	s.beat()
	for b := packet.Data; len(b) > 1; {
		n := min(len(b)/2, len(s.scratch))
		for i := range n {
			s.scratch[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
		s.ring.put(s.scratch[:n])
		b = b[2*n:]
	}
	if s.ring.fill() >= Period {
		s.wake()
	}
}

// Read implements Source.
func (s *pulseSource) Read(now time.Time, p []int16) (int, error) {
	s.ring.drop(maxBacklog)
	if n := s.ring.take(p); n > 0 {
		return n, nil
	}
	return 0, s.alive(now)
}

// Close implements Source.
func (s *pulseSource) Close() error { return s.conn.Close() }

// pulseSink is a speaker. The sound that waits for it waits at the server.
type pulseSink struct {
	pulseStream
	wanted  atomic.Int64 // bytes that the server waits for
	gaps    atomic.Int64
	counted int64
	cushion cushion
	out     []byte
}

func openPulseSink(d devices.Device, name string, wake func()) (Sink, error) {
	s := &pulseSink{pulseStream: pulseStream{heart: newHeart(wake)}, cushion: newCushion(samples(shallow), Period/2), out: make([]byte, 0, 2*Period)}
	var err error
	if s.client, s.conn, err = dialPulse(s.heard); err != nil {
		return nil, err
	}
	var reply proto.CreatePlaybackStreamReply
	err = s.client.Request(&proto.CreatePlaybackStream{
		SampleSpec: spec(), ChannelMap: proto.ChannelMap{proto.ChannelMono}, SinkIndex: proto.Undefined, SinkName: d.ID,
		BufferMaxLength: proto.Undefined, BufferTargetLength: uint32(2 * s.cushion.size), BufferPrebufferLength: 2 * Period,
		BufferMinimumRequest: bytesOf(request), NoMove: d.ID != "", AdjustLatency: true, Properties: streamProperties(name),
		ChannelVolumes: proto.ChannelVolumes{0x10000},
	}, &reply)
	if err != nil {
		return nil, errors.Join(refused(err), s.conn.Close())
	}
	s.index = reply.StreamIndex
	s.wanted.Add(int64(reply.Missing))
	s.wake()
	return s, nil
}

// heard runs in the connection's goroutine.
func (s *pulseSink) heard(message any) {
	switch m := message.(type) {
	case *proto.Request:
		s.beat()
		if s.wanted.Add(int64(m.Length)) >= 2*Period {
			s.wake()
		}
	case *proto.Underflow:
		s.gaps.Add(1)
	default:
		s.news(message)
	}
}

// Space implements Sink.
func (s *pulseSink) Space(now time.Time) (int, error) {
	gaps := s.gaps.Load()
	if s.cushion.next(now, gaps != s.counted) {
		go s.resize(s.cushion.size)
	}
	s.counted = gaps
	return int(max(0, s.wanted.Load()/2)), s.alive(now)
}

// resize tells the server how much sound shall wait. What it says to that changes nothing: it goes on as it was.
func (s *pulseSink) resize(samples int) {
	_ = s.client.Request(&proto.SetPlaybackStreamBufferAttr{
		StreamIndex: s.index, BufferMaxLength: proto.Undefined, BufferTargetLength: uint32(2 * samples), BufferPrebufferLength: 2 * Period,
		BufferMinimumRequest: bytesOf(request), AdjustLatency: true,
	}, &proto.SetPlaybackStreamBufferAttrReply{})
}

// Write implements Sink.
func (s *pulseSink) Write(p []int16) (int, error) {
	s.out = s.out[:0]
	for _, v := range p {
		s.out = binary.LittleEndian.AppendUint16(s.out, uint16(v))
	}
	if err := s.client.Send(s.index, s.out); err != nil {
		s.die()
		return 0, ErrDead
	}
	s.wanted.Add(-int64(len(s.out)))
	return len(p), nil
}

// Close implements Sink. What was written is played first.
func (s *pulseSink) Close() error {
	if !s.dead.Load() {
		_ = s.client.Request(&proto.DrainPlaybackStream{StreamIndex: s.index}, nil) // it ends either way
	}
	return s.conn.Close()
}

func bytesOf(d time.Duration) uint32 { return uint32(2 * samples(d)) }

const (
	absent = 1           // a port's word for that nothing is in its socket (PA_PORT_AVAILABLE_NO)
	dummy  = "auto_null" // what the server plays into when there is no speaker: nothing
)

// listPulse lists the devices of the server into which something is plugged, as far as it knows.
func listPulse(c *proto.Client) ([]devices.Device, error) {
	var server proto.GetServerInfoReply
	var sources proto.GetSourceInfoListReply
	var sinks proto.GetSinkInfoListReply
	err := cmp.Or(c.Request(&proto.GetServerInfo{}, &server), c.Request(&proto.GetSourceInfoList{}, &sources), c.Request(&proto.GetSinkInfoList{}, &sinks))
	if err != nil {
		return nil, err
	}
	out := []devices.Device{}
	for _, s := range sources {
		d := described(s.SourceName, s.Properties)
		d.Input, d.Default, d.Monitor = true, s.SourceName == server.DefaultSourceName, s.MonitorSourceIndex != proto.Undefined
		there := s.SourceName != dummy+".monitor"
		for _, p := range s.Ports {
			there = there && (p.Name != s.ActivePortName || p.Available != absent)
		}
		if there {
			out = append(out, d)
		}
	}
	for _, s := range sinks {
		d := described(s.SinkName, s.Properties)
		d.Default = s.SinkName == server.DefaultSinkName
		there := s.SinkName != dummy
		for _, p := range s.Ports {
			there = there && (p.Name != s.ActivePortName || p.Available != absent)
		}
		if there {
			out = append(out, d)
		}
	}
	return out, nil
}

// described is a device by its properties, those of PulseAudio and of PipeWire.
func described(name string, p proto.PropList) devices.Device {
	text := func(key string) string {
		if v, ok := p[key]; ok {
			return v.String()
		}
		return ""
	}
	profile := strings.ReplaceAll(cmp.Or(text("bluetooth.protocol"), text("api.bluez5.profile")), "_", "-")
	return devices.Device{
		ID: name, Name: cmp.Or(text("device.description"), name),
		Bluetooth: text("device.bus") == "bluetooth" || text("device.api") == "bluez" || text("device.api") == "bluez5",
		HandsFree: strings.HasPrefix(profile, "headset-") || strings.HasPrefix(profile, "handsfree") || strings.HasPrefix(profile, "hfp") || strings.HasPrefix(profile, "hsp"),
	}
}
