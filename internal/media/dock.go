package media

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sidetone/internal/devices"
)

// port is what sources and sinks have in common.
type port interface {
	Wakes() bool
	Close() error
}

// dock holds the best device open while one is wanted. Opening and closing run beside the owner; until a real device is there a
// stand-in keeps the time, and while a better one is opened the present one goes on. All methods are the owner's.
type dock[D port] struct {
	name    string
	standIn func() D
	open    func(devices.Target) (D, error)

	list    []devices.Target // what may be opened, the best first
	resting devices.Resting
	device  D
	has     bool           // device can be used: the real one or the stand-in
	real    bool           // it is the real one
	used    devices.Target // what it is, if it is real
	fresh   bool           // nothing has gone through it yet
	moved   time.Time      // when the last block went through it; zero: none has
	next    D              // a better device, to be taken over by swap
	better  bool           // there is one
	taking  devices.Target // what next is, or what is being opened
	wanted  bool
	problem string         // one sentence, empty when all is well
	done    chan opened[D] // receives the outcome of the opening under way; nil when there is none
	knock   func()         // tells the owner that it has
	closed  chan error     // receives when everything that was given up is closed; nil when nothing was
}

// opened is the outcome of an opening.
type opened[D port] struct {
	device D
	err    error
}

func newDock[D port](name string, standIn func() D, open func(devices.Target) (D, error), knock func()) dock[D] {
	return dock[D]{name: name, standIn: standIn, open: open, resting: devices.Resting{}, knock: knock}
}

// offer says what may be opened from now on. What is not there any more is tried at once when it comes back.
func (d *dock[D]) offer(list []devices.Target) {
	d.list = list
	maps.DeleteFunc(d.resting, func(key string, _ devices.Pause) bool {
		return !slices.ContainsFunc(list, func(t devices.Target) bool { return t.Key() == key })
	})
}

// want says whether the device is needed now, and starts what follows from it.
func (d *dock[D]) want(now time.Time, yes bool) {
	d.wanted = yes
	if !yes {
		d.letGo()
		d.problem = ""
		clear(d.resting)
		return
	}
	if !d.has {
		d.device, d.has, d.fresh = d.standIn(), true, true
	}
	if d.done != nil || d.better {
		return
	}
	best, ok := d.resting.Best(d.list, now)
	switch {
	case ok && d.real && best.Key() == d.used.Key():
		d.used = best // its name may be another, or what it stands for
	case ok:
		d.begin(best)
	case len(d.list) == 0 && !d.real:
		d.problem = sentence(fmt.Errorf("%s cannot be used: no such device is connected", d.name))
	}
}

// begin opens a device beside the owner. A file is opened when what was given up has let it go.
func (d *dock[D]) begin(t devices.Target) {
	done, closed := make(chan opened[D], 1), d.closed
	d.done, d.taking = done, t
	made := slices.ContainsFunc(t.Devices, func(o devices.Device) bool { return devices.Made(o.ID) })
	go func() {
		if made && closed != nil {
			closed <- <-closed
		}
		v, err := d.open(t)
		done <- opened[D]{v, err}
		d.knock()
	}()
}

// look takes the outcome of an opening that is over, and reports whether one is.
func (d *dock[D]) look(now time.Time) bool {
	select {
	case r := <-d.done:
		d.finished(now, r)
		return true
	default:
		return false
	}
}

// finished takes the outcome of an opening.
func (d *dock[D]) finished(now time.Time, r opened[D]) {
	d.done = nil
	switch {
	case r.err != nil:
		d.resting.Failed(d.taking, now)
		if d.wanted && !d.real {
			d.problem = sentence(r.err)
		}
	case !d.wanted:
		d.part(r.device)
	default:
		delete(d.resting, d.taking.Key())
		d.next, d.better = r.device, true
		if !d.real {
			d.swap()
		}
	}
}

// swap takes the better device over and gives the present one up.
func (d *dock[D]) swap() {
	old, wasReal := d.device, d.real
	var none D
	d.device, d.has, d.real, d.used, d.fresh, d.problem = d.next, true, true, d.taking, true, ""
	d.next, d.better, d.moved = none, false, time.Time{}
	if wasReal {
		d.part(old)
	}
}

// discard gives a better device up that died before it was taken over.
func (d *dock[D]) discard(now time.Time) {
	d.resting.Failed(d.taking, now)
	d.part(d.next)
	var none D
	d.next, d.better = none, false
}

// part closes a device beside the owner.
func (d *dock[D]) part(device D) {
	before, closed := d.closed, make(chan error, 1)
	d.closed = closed
	go func() {
		err := device.Close()
		if before != nil {
			err = errors.Join(<-before, err)
		}
		closed <- err
	}()
}

// letGo gives the device up, and a better one that waits.
func (d *dock[D]) letGo() {
	if d.real {
		d.part(d.device)
	}
	if d.better {
		d.part(d.next)
	}
	var none D
	d.device, d.has, d.real, d.used = none, false, false, devices.Target{}
	d.next, d.better = none, false
}

// failed reacts to a device that died: the better one that waits is taken, or the next best is opened.
func (d *dock[D]) failed(now time.Time, err error) {
	if !d.real {
		return
	}
	d.resting.Failed(d.used, now)
	if d.better {
		d.swap()
		return
	}
	d.problem = sentence(fmt.Errorf("%s failed: %w", d.name, err))
	d.letGo()
}

// stalled is how long a device may move nothing before it is looked whether it is still there.
const stalled = 100 * time.Millisecond

// stuck reports whether the device has worked and moves nothing any more. Drivers take long to say so of one that was unplugged.
func (d *dock[D]) stuck(now time.Time) bool {
	return d.real && !d.moved.IsZero() && now.Sub(d.moved) > stalled
}

// wakes reports whether the device wakes its owner.
func (d *dock[D]) wakes() bool { return d.real && d.device.Wakes() }

// needs reports whether the owner's own beat must serve the device.
func (d *dock[D]) needs() bool { return d.has && !d.wakes() }

// shut ends everything, waiting for what is under way.
func (d *dock[D]) shut() error {
	d.wanted = false
	if d.done != nil {
		if r := <-d.done; r.err == nil {
			d.part(r.device)
		}
		d.done = nil
	}
	d.letGo()
	if d.closed == nil {
		return nil
	}
	return <-d.closed
}

// sentence makes an error a sentence of its own.
func sentence(err error) string {
	s := err.Error()
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s + "."
}
