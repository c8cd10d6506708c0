package media

import (
	"fmt"
	"time"
)

// retryAfter is how long a device that failed is left alone.
const retryAfter = 2 * time.Second

// closer is what sources and sinks have in common.
type closer interface{ Close() error }

// dock holds one device open while it is wanted. Opening and closing run beside the owner, one at a time; until the real
// device is there a stand-in keeps the time. All methods are the owner's.
type dock[D closer] struct {
	name    string
	standIn func() D
	open    func() (D, error)

	device  D
	has     bool // device can be used: the real one or the stand-in
	real    bool
	wanted  bool
	problem string // one sentence, empty when all is well
	retry   time.Time
	done    chan opened[D] // receives the outcome of the operation under way; nil when there is none
	knock   func()         // tells the owner that it has
}

// opened is the outcome of an operation beside the owner. Without ok it was a closing.
type opened[D closer] struct {
	device D
	ok     bool
	err    error
}

func newDock[D closer](name string, standIn func() D, open func() (D, error), knock func()) dock[D] {
	return dock[D]{name: name, standIn: standIn, open: open, knock: knock}
}

// want says whether the device is needed now, and starts what follows from it.
func (d *dock[D]) want(now time.Time, yes bool) {
	d.wanted = yes
	if d.done != nil {
		if yes && !d.has {
			d.device, d.has = d.standIn(), true
		}
		return
	}
	switch {
	case yes && !d.real:
		if !d.has {
			d.device, d.has = d.standIn(), true
		}
		if !now.Before(d.retry) {
			d.begin(func() opened[D] {
				v, err := d.open()
				return opened[D]{v, err == nil, err}
			})
		}
	case !yes && d.has:
		d.letGo()
		d.problem, d.retry = "", time.Time{}
	}
}

// begin runs an operation beside the owner.
func (d *dock[D]) begin(operation func() opened[D]) {
	done := make(chan opened[D], 1)
	d.done = done
	go func() {
		done <- operation()
		d.knock()
	}()
}

// letGo gives the device up; a real one is closed beside the owner.
func (d *dock[D]) letGo() {
	device, wasReal := d.device, d.real
	var none D
	d.device, d.has, d.real = none, false, false
	if wasReal {
		d.begin(func() opened[D] { return opened[D]{err: device.Close()} })
	}
}

// look takes the outcome of an operation that is over, and reports whether one is.
func (d *dock[D]) look(now time.Time) bool {
	select {
	case r := <-d.done:
		d.finished(now, r)
		return true
	default:
		return false
	}
}

// finished takes the outcome of an operation.
func (d *dock[D]) finished(now time.Time, r opened[D]) {
	d.done = nil
	switch {
	case r.ok && !d.wanted:
		d.begin(func() opened[D] { return opened[D]{err: r.device.Close()} })
	case r.ok:
		d.device, d.has, d.real, d.problem = r.device, true, true, ""
	case r.err != nil && d.wanted:
		d.problem, d.retry = sentence(r.err), now.Add(retryAfter)
	}
}

// failed reacts to a device that died.
func (d *dock[D]) failed(now time.Time, err error) {
	d.problem, d.retry = sentence(fmt.Errorf("%s failed: %w", d.name, err)), now.Add(retryAfter)
	d.letGo()
}

// renew closes the device so that another one is opened at once.
func (d *dock[D]) renew() {
	d.retry = time.Time{}
	if d.real {
		d.letGo()
	}
}

// shut ends everything, waiting for what is under way.
func (d *dock[D]) shut() error {
	d.wanted = false
	var err error
	if d.done != nil {
		if r := <-d.done; r.ok {
			err = r.device.Close()
		}
		d.done = nil
	}
	if d.real {
		err = d.device.Close()
		d.has, d.real = false, false
	}
	return err
}

// sentence makes an error a sentence of its own.
func sentence(err error) string {
	s := err.Error()
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s + "."
}
