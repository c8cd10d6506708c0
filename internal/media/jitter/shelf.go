package jitter

import "time"

// capacity is the number of packets that may wait: 1.28 s at 20 ms each.
const capacity = 64

// MaxPayload is the largest payload that is taken, in octets.
const MaxPayload = 1500

// slot is one packet that waits.
type slot struct {
	at      int64 // unwrapped timestamp
	arrived time.Duration
	units   int
	seq     uint16
	pt      uint8
	size    int
	payload [MaxPayload]byte
}

func (s *slot) sound() []byte { return s.payload[:s.size] }

func (s *slot) end() int64 { return s.at + int64(s.units) }

// shelf keeps packets in the order of their timestamps.
type shelf struct {
	slots [capacity]slot
	order [capacity]uint8 // the first count are used, sorted by timestamp; the rest are free
	count int
}

func (h *shelf) clear() {
	for i := range h.order {
		h.order[i] = uint8(i)
	}
	h.count = 0
}

// insert puts a packet into its place; when the shelf is full the oldest goes. It returns false for a duplicate.
func (h *shelf) insert(at int64, arrived time.Duration, p Packet) bool {
	place := h.count
	for place > 0 && h.slots[h.order[place-1]].at > at {
		place--
	}
	if place > 0 && h.slots[h.order[place-1]].at == at {
		return false
	}
	if h.count == capacity {
		h.pop()
		if place > 0 {
			place--
		}
	}
	free := h.order[h.count]
	copy(h.order[place+1:h.count+1], h.order[place:h.count])
	h.order[place] = free
	h.count++
	s := &h.slots[free]
	s.at, s.arrived, s.units, s.seq, s.pt = at, arrived, p.Units, p.Seq, p.PT
	s.size = copy(s.payload[:], p.Payload)
	return true
}

// pop takes the oldest packet out; its slot keeps its content until the next insert.
func (h *shelf) pop() *slot {
	i := h.order[0]
	copy(h.order[:], h.order[1:h.count])
	h.count--
	h.order[h.count] = i
	return &h.slots[i]
}

// first is the oldest packet, nil if there is none.
func (h *shelf) first() *slot {
	if h.count == 0 {
		return nil
	}
	return &h.slots[h.order[0]]
}
