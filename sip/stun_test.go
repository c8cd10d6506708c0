package sip

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"sidetone/internal/call"
)

// stunReply answers a binding request: an attribute nobody knows, and an IPv4 address.
func stunReply(ask []byte, at netip.AddrPort) []byte {
	b := []byte{1, 1, 0, 20, 0x21, 0x12, 0xA4, 0x42}
	b = append(b, ask[8:20]...)
	b = append(b, 0x80, 0x22, 0, 3, 'a', 'b', 'c', 0, 0, 0x20, 0, 8, 0, 1)
	b = binary.BigEndian.AppendUint16(b, at.Port()^0x2112)
	ip := binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(at.Addr().AsSlice())^stunCookie)
	return append(b, ip...)
}

// TestSTUN reads the address of the answers of RFC 5769 §2.2 and §2.3, whose other attributes are left out, and of older servers.
func TestSTUN(t *testing.T) {
	t.Parallel()
	const id = "2112a442b7e7a701bc34d686fa87dfae"
	for text, want := range map[string]string{
		"0101000c" + id + "002000080001a147e112a643":                                                "192.0.2.1:32853",
		"01010018" + id + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9":                        "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
		"0101000c" + id + "0001000800018055c0000201":                                                "192.0.2.1:32853",
		"0101001c" + id + "8022000361626300" + "0001000800010001c0000209" + "00200004" + "00010000": "",
		"01010018" + id + "000100080001805500000000" + "002000080001a147e112a643":                   "192.0.2.1:32853",
		"0101000c" + id + "000100080001000000000000":                                                "",
		"0101000c" + id + "0001000800028055c0000201":                                                "",
		"0101000c" + id + "0001000900018055c0000201":                                                "",
		"0101000d" + id + "0001000800018055c0000201":                                                "",
		"0111000c" + id + "0001000800018055c0000201":                                                "",
		"0101000c" + strings.Replace(id, "42", "43", 1) + "0001000800018055c0000201":                "",
		"01010000" + id:          "",
		"01010002" + id + "0020": "",
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		got, at, ok := stunSeen(b)
		if ok != (want != "") || ok && (at != netip.MustParseAddrPort(want) || hex.EncodeToString(got[:]) != id[8:]) {
			t.Errorf("%s: %x %s %v, want %s", text, got, at, ok, want)
		}
	}
	ask := stunRequest(stunID{1, 2, 3})
	if hex.EncodeToString(ask) != "000100002112a442010203000000000000000000" || !isSTUN(ask) || isSTUN([]byte("OPTIONS sip:example.com SIP/2.0")) {
		t.Errorf("%x", ask)
	}
}

// FuzzSTUN: an answer has an address that somebody can have, or none.
func FuzzSTUN(f *testing.F) {
	f.Add(stunReply(stunRequest(stunID{1}), netip.MustParseAddrPort("192.0.2.1:5060")))
	f.Add(stunRequest(stunID{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, at, ok := stunSeen(b); ok && (!isSTUN(b) || !at.IsValid() || at.Port() == 0 || at.Addr().IsUnspecified() || at.Addr().IsMulticast()) {
			t.Errorf("%x: %s", b, at)
		}
	})
}

// TestKeptBySTUN: a server that keeps flows is asked by STUN and by nothing else; a NAT that has changed its mind makes the phone
// register anew, and silence is the end of the flow.
func TestKeptBySTUN(t *testing.T) {
	t.Parallel()
	s := newEdge(t)
	see := func(text string) { at := netip.MustParseAddrPort(text); s.seen.Store(&at) }
	see("203.0.113.9:40000")
	p, notes := named(t, zone{"_sip._udp.", []netip.AddrPort{s.addr()}})
	s.registered(t, "1")
	p.line(call.LineReady)
	fresh := make(chan struct{})
	p.box.post(func() { // once the first answer is there
		var look func()
		look = func() {
			if p.accounts["work"].bindings[0].mapped.IsValid() {
				close(fresh)
				return
			}
			p.after(testT1/5, look)
		}
		look()
	})
	<-fresh
	see("203.0.113.9:40001")
	s.registered(t, "1")
	steady(t, notes())
	s.deaf.Store(true)
	if line := p.line(call.LineRegistering); line.Detail != "The server at example.com does not answer any more." {
		t.Errorf("%+v", line)
	}
	if n := s.asks.Load(); n != 0 {
		t.Errorf("%d OPTIONS beside STUN", n)
	}
}
