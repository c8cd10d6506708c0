package sip

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
)

// What of STUN keeps a flow over UDP alive (RFC 5626 §4.4.2, RFC 5389 §6): a binding request, and the answer that tells our
// address.
const (
	stunCookie  = 0x2112A442
	stunAsk     = 0x0001 // binding request
	stunAnswer  = 0x0101 // and its success
	stunMapped  = 0x0001 // MAPPED-ADDRESS
	stunXMapped = 0x0020 // XOR-MAPPED-ADDRESS
	stunHeader  = 20     // bytes
)

// stunID names a request and its answer.
type stunID [12]byte

func newStunID() (id stunID) {
	rand.Read(id[:])
	return id
}

// stunRequest is a binding request without attributes.
func stunRequest(id stunID) []byte {
	b := make([]byte, 8, stunHeader)
	binary.BigEndian.PutUint16(b, stunAsk)
	binary.BigEndian.PutUint32(b[4:], stunCookie)
	return append(b, id[:]...)
}

// isSTUN tells STUN from SIP: no text begins with two bits of zero and has the cookie.
func isSTUN(b []byte) bool {
	return len(b) >= stunHeader && b[0]&0xC0 == 0 && binary.BigEndian.Uint32(b[4:]) == stunCookie
}

// stunSeen reads which request an answer is to, and where its sender sees us; false if it is no answer or tells no address.
func stunSeen(b []byte) (id stunID, at netip.AddrPort, ok bool) {
	if !isSTUN(b) || binary.BigEndian.Uint16(b) != stunAnswer || int(binary.BigEndian.Uint16(b[2:])) != len(b)-stunHeader {
		return id, at, false
	}
	copy(id[:], b[8:])
	for rest := b[stunHeader:]; len(rest) >= 4; {
		kind, n := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if n > len(rest)-4 {
			return id, netip.AddrPort{}, false
		}
		switch value := rest[4 : 4+n]; {
		case kind == stunXMapped:
			at = stunAddress(value, b[4:stunHeader])
			return id, at, at.IsValid()
		case kind == stunMapped:
			at = stunAddress(value, make([]byte, 16))
		}
		rest = rest[min(4+(n+3)&^3, len(rest)):]
	}
	return id, at, at.IsValid()
}

// stunAddress reads an address that is hidden behind a mask; invalid if it is none.
func stunAddress(value, mask []byte) netip.AddrPort {
	if len(value) != 8 && len(value) != 20 || value[1] != map[int]byte{8: 1, 20: 2}[len(value)] {
		return netip.AddrPort{}
	}
	raw := make([]byte, len(value)-4)
	for i := range raw {
		raw[i] = value[4+i] ^ mask[i]
	}
	ip, _ := netip.AddrFromSlice(raw)
	port := binary.BigEndian.Uint16(value[2:]) ^ binary.BigEndian.Uint16(mask)
	if port == 0 || ip.IsUnspecified() || ip.IsMulticast() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip.Unmap(), port)
}
