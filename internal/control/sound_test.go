package control

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"sidetone/internal/devices"
	"sidetone/internal/phone"
)

// headset is a Sound that remembers what it was told to use.
type headset struct{ used []string }

func (h *headset) Devices() ([]devices.Listed, error) {
	return []devices.Listed{{Device: devices.Device{ID: "usb", Name: "Headset"}}}, nil
}

func (h *headset) Use(kind string, names []string) error {
	h.used = append([]string{kind}, names...)
	return nil
}

func (h *headset) Try(ctx context.Context, what string, tell func(devices.Trial)) error {
	if what != "levels" {
		tell(devices.Trial{Stage: "listening", Peak: 0.5})
		tell(devices.Trial{Stage: "done"})
		return errors.New("the microphone cannot be used: no such device is connected")
	}
	tell(devices.Trial{Stage: "listening"})
	<-ctx.Done() // until the client goes
	h.used = []string{"gone"}
	return nil
}

func TestSoundOverTheSocket(t *testing.T) {
	dir, h := t.TempDir(), &headset{}
	s, err := Listen(dir, Ports{Phone: desk{}, Journal: desk{}, Outbox: desk{}, Sound: h}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	ask := func(verb, key string, names ...string) (*Client, Reply) {
		t.Helper()
		c, err := Dial(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		r, err := c.Ask(Request{Command: phone.Command{Do: phone.Verb(verb), Key: key}, Names: names})
		if err != nil {
			t.Fatal(err)
		}
		return c, r
	}
	if _, r := ask(Devices, ""); len(r.Devices) != 1 || r.Devices[0].Name != "Headset" {
		t.Errorf("%+v", r)
	}
	if ask(Use, "speaker", "usb", "default"); !slices.Equal(h.used, []string{"speaker", "usb", "default"}) {
		t.Errorf("%q", h.used)
	}
	c, r := ask(Try, "microphone")
	if r.Trial == nil || r.Trial.Peak != 0.5 {
		t.Errorf("%+v", r.Trial)
	}
	if r, err := c.Next(); err != nil || r.Trial == nil || r.Trial.Stage != "done" {
		t.Errorf("%+v %v", r.Trial, err)
	}
	if _, err := c.Next(); err == nil || err.Error() != "the microphone cannot be used: no such device is connected" {
		t.Errorf("%v", err)
	}
	c, _ = ask(Try, "levels")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil || !slices.Equal(h.used, []string{"gone"}) {
		t.Errorf("%v, %q: a trial goes on without its client", err, h.used)
	}
}
