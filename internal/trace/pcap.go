package trace

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
)

// The blocks and options of pcapng (draft-ietf-opsawg-pcapng).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 6
	linkRaw        = 101 // an IP packet, nothing before it
	optComment     = 1
	optResolution  = 9
)

// Pcapng writes messages as Wireshark reads them. Each is shown as one UDP datagram between the true addresses, whatever it
// travelled in: what was encrypted is readable, and comments name the transport and what happened before it.
func Pcapng(w io.Writer, messages []Message) error {
	var section, ifc bytes.Buffer
	put(&section, uint32(0x1a2b3c4d), uint16(1), uint16(0), int64(-1))
	put(&ifc, uint16(linkRaw), uint16(0), uint32(0))
	option(&ifc, optResolution, []byte{9}) // nanoseconds
	option(&ifc, 0, nil)
	if err := block(w, blockSection, section.Bytes()); err != nil {
		return err
	}
	if err := block(w, blockInterface, ifc.Bytes()); err != nil {
		return err
	}
	var happened []string
	for _, m := range messages {
		if m.Note != "" {
			happened = append(happened, m.Note)
			continue
		}
		if err := block(w, blockPacket, m.packet(happened)); err != nil {
			return err
		}
		happened = nil
	}
	return nil
}

func (m Message) packet(happened []string) []byte {
	from, to := m.Remote, m.Local
	if m.Sent {
		from, to = to, from
	}
	p := datagram(from, to, []byte(m.Text))
	at := uint64(m.At.UnixNano())
	var b bytes.Buffer
	put(&b, uint32(0), uint32(at>>32), uint32(at), uint32(len(p)), uint32(len(p)))
	b.Write(pad(p))
	for _, text := range append(happened, "over "+m.Transport) {
		option(&b, optComment, []byte(text))
	}
	option(&b, 0, nil)
	return b.Bytes()
}

// datagram wraps a text in UDP and IP (RFC 768, RFC 791, RFC 8200). Too long a text is cut: no datagram holds it.
func datagram(from, to netip.AddrPort, text []byte) []byte {
	text = text[:min(len(text), 65000)]
	four := from.Addr().Unmap().Is4() && to.Addr().Unmap().Is4()
	var udp, ip bytes.Buffer
	put(&udp, from.Port(), to.Port(), uint16(8+len(text)), uint16(0))
	udp.Write(text)
	if four {
		a, z := from.Addr().Unmap().As4(), to.Addr().Unmap().As4()
		put(&ip, uint8(0x45), uint8(0), uint16(20+udp.Len()), uint32(0), uint8(64), uint8(17), uint16(0), a, z)
		h := ip.Bytes()
		binary.BigEndian.PutUint16(h[10:], checksum(h))
	} else {
		a, z := from.Addr().As16(), to.Addr().As16()
		put(&ip, uint32(6<<28), uint16(udp.Len()), uint8(17), uint8(64), a, z)
		u := udp.Bytes() // its checksum is not optional there
		var pseudo bytes.Buffer
		put(&pseudo, a, z, uint32(len(u)), uint32(17))
		sum := checksum(append(pseudo.Bytes(), u...))
		if sum == 0 {
			sum = 0xffff
		}
		binary.BigEndian.PutUint16(u[6:], sum)
	}
	return append(ip.Bytes(), udp.Bytes()...)
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		sum += word
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func block(w io.Writer, kind uint32, body []byte) error {
	var b bytes.Buffer
	length := uint32(12 + len(body))
	put(&b, kind, length)
	b.Write(body)
	put(&b, length)
	_, err := w.Write(b.Bytes())
	return err
}

func option(b *bytes.Buffer, code uint16, value []byte) {
	put(b, code, uint16(len(value)))
	b.Write(pad(value))
}

// pad fills up to whole 32-bit words.
func pad(b []byte) []byte { return append(b[:len(b):len(b)], make([]byte, -len(b)&3)...) }

// put writes fixed-size values, most significant byte first; a buffer takes them all.
func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		_ = binary.Write(b, binary.BigEndian, v)
	}
}
