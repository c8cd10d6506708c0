package jitter

import "time"

// delays remembers how late the latest packets came, relative to their timestamps.
type delays struct {
	ring  [512]time.Duration // about ten seconds at 20 ms
	count int                // entries used
	at    int                // where the next goes
	min   time.Duration
	p     time.Duration // what nearly all packets needed above min
}

const (
	binWidth = 2 * time.Millisecond
	binCount = 160
)

func (d *delays) add(v time.Duration) {
	d.ring[d.at] = v
	d.at = (d.at + 1) % len(d.ring)
	d.count = min(d.count+1, len(d.ring))
	d.min = d.ring[0]
	for _, x := range d.ring[:d.count] {
		d.min = min(d.min, x)
	}
	var bins [binCount]int
	for _, x := range d.ring[:d.count] {
		bins[min(int((x-d.min)/binWidth), binCount-1)]++
	}
	spare := d.count / 128 // one packet in so many may be later
	for i := binCount - 1; i >= 0; i-- {
		if spare -= bins[i]; spare < 0 {
			d.p = time.Duration(i+1) * binWidth
			return
		}
	}
}

// least is the delay of the fastest packet remembered.
func (d *delays) least() time.Duration { return d.min }

// spread is how much longer than the fastest nearly all packets took, rounded up to 2 ms.
func (d *delays) spread() time.Duration { return d.p }
