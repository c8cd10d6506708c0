package codec

import "math/bits"

// g711 is ITU-T G.711 by table: one table entry per octet to decode and per 14-bit step to encode.
type g711 struct {
	name   string
	linear [256]int16
	coded  [1 << 14]byte // index: the upper 14 bits of a sample, as unsigned
}

func newG711(name string, encode func(int16) byte, decode func(byte) int16) *g711 {
	g := &g711{name: name}
	for i := range g.linear {
		g.linear[i] = decode(byte(i))
	}
	for i := range g.coded {
		g.coded[i] = encode(int16(uint16(i << 2)))
	}
	return g
}

// Name implements Codec.
func (g *g711) Name() string { return g.name }

// ClockRate implements Codec: 8000 Hz.
func (g *g711) ClockRate() int { return 8000 }

// SampleRate implements Codec.
func (g *g711) SampleRate() int { return 8000 }

// Units implements Codec: one octet is one sample.
func (g *g711) Units(payload []byte) int { return len(payload) }

// Encode implements Codec.
func (g *g711) Encode(dst []byte, pcm []int16) []byte {
	for _, s := range pcm {
		dst = append(dst, g.coded[uint16(s)>>2])
	}
	return dst
}

// Decode implements Codec.
func (g *g711) Decode(dst []int16, payload []byte) []int16 {
	for _, b := range payload {
		dst = append(dst, g.linear[b])
	}
	return dst
}

// muBias is the 33 of G.711 table 2 on the 16-bit scale (14-bit value times 4).
const muBias = 33 << 2

// encodeMu is the mu-law compression of G.711 §3.2: sign, three bits of segment, four bits of step, all inverted. The two
// lowest bits of s do not count.
func encodeMu(s int16) byte {
	v := int(s) &^ 3
	sign := byte(0)
	if v < 0 {
		sign, v = 0x80, -v-4 // one's complement on the 14-bit scale, so that -1 step meets +0 step
	}
	v = min(v, 8158<<2) + muBias
	segment := bits.Len(uint(v)) - 8
	step := byte(v>>(segment+3)) & 0x0f
	return ^(sign | byte(segment)<<4 | step)
}

func decodeMu(b byte) int16 {
	b = ^b
	segment, step := int(b>>4)&7, int(b&0x0f)
	v := (step<<3+muBias)<<segment - muBias
	if b&0x80 != 0 {
		return int16(-v)
	}
	return int16(v)
}

// encodeA is the A-law compression of G.711 §3.1: even bits inverted, sign bit set for positive values. The three lowest
// bits of s do not count.
func encodeA(s int16) byte {
	v := int(s) >> 3 // 13 bits
	sign := byte(0x80)
	if v < 0 {
		sign, v = 0, -v-1
	}
	if v < 32 {
		return (sign | byte(v>>1)) ^ 0x55
	}
	segment := bits.Len(uint(v)) - 5
	step := byte(v>>segment) & 0x0f
	return (sign | byte(segment)<<4 | step) ^ 0x55
}

func decodeA(b byte) int16 {
	b ^= 0x55
	segment, step := int(b>>4)&7, int(b&0x0f)
	v := step<<4 + 8
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&0x80 == 0 {
		return int16(-v)
	}
	return int16(v)
}
