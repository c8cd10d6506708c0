package control

import (
	"context"
	"log/slog"
	"testing"

	"sidetone/internal/phone"
)

func TestVitals(t *testing.T) {
	dir := t.TempDir()
	s, err := Listen(dir, Ports{Phone: desk{}, Journal: desk{}, Outbox: desk{}, Counts: func(context.Context) Counts {
		return Counts{Calls: 2, Dialogs: 1, Connections: 3}
	}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- s.Run(ctx) }()
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Ask(Request{Command: phone.Command{Do: Vitals}})
	if v := r.Vitals; err != nil || v == nil || v.Goroutines == 0 || v.Heap == 0 || v.Calls != 2 || v.Dialogs != 1 || v.Connections != 3 {
		t.Errorf("%+v %v", r.Vitals, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
