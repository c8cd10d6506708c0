package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/godbus/dbus/v5"
)

// preference is which threads of this program RealtimeKit has been asked for. Desktops have that service for their sound programs; it lets
// a user's threads run before others. What a thread gets is not inherited, so that programs started from here do not have it.
type preference struct {
	asked map[string]bool
}

const (
	nice    = -11 // how far before others, as sound servers do
	threads = 20  // the service takes 25 of a user
)

// take asks for the threads that have begun since the last time. Without the service, or where it refuses, they run as any do.
func (p *preference) take(ctx context.Context) error {
	now, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("there is no system bus: %w", err)
	}
	defer bus.Close() // nothing is under way
	kit := bus.Object("org.freedesktop.RealtimeKit1", "/org/freedesktop/RealtimeKit1")
	before := p.asked
	p.asked = map[string]bool{}
	var all error
	for _, t := range now {
		if before[t.Name()] {
			p.asked[t.Name()] = true
			continue
		}
		id, err := strconv.ParseUint(t.Name(), 10, 64)
		if err != nil || len(p.asked) >= threads {
			continue
		}
		if err = kit.CallWithContext(ctx, "org.freedesktop.RealtimeKit1.MakeThreadHighPriority", 0, id, int32(nice)).Err; err == nil {
			p.asked[t.Name()] = true
		}
		all = errors.Join(all, err)
	}
	return all
}
