package latency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/phone"
	"sidetone/internal/rig"
)

// warmUp is how many clicks are made before any is counted: the first ones load code and open sound.
const warmUp = 5

func (b *bench) measure(ctx context.Context) error {
	next := time.Now()
	for n := range warmUp + b.o.Clicks {
		if err := rig.Pause(ctx, time.Until(next)); err != nil {
			return err
		}
		next = time.Now().Add(1100 * time.Millisecond)
		click, echo, err := b.one(ctx)
		if err != nil {
			return fmt.Errorf("click %d: %w", n+1, err)
		}
		if n < warmUp {
			continue
		}
		b.clicks, b.echoes = append(b.clicks, click), append(b.echoes, echo)
		if done := n + 1 - warmUp; done%50 == 0 {
			fmt.Fprintf(b.o.Say, "%d of %d clicks, %s left\n", done, b.o.Clicks, (time.Duration(b.o.Clicks-done) * 1100 * time.Millisecond).Round(time.Second))
		}
	}
	return nil
}

// one clicks, waits for the INVITE, ends the call, and then asks for an echo.
func (b *bench) one(ctx context.Context) (click, echo float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var at float64
	if err := b.rig.Chrome.Eval(ctx, "", "bench.click()", &at); err != nil {
		return 0, 0, err
	}
	select {
	case invite := <-b.invites:
		click = float64(invite.UnixMicro())/1000 - at
	case <-ctx.Done():
		return 0, 0, errors.New("no INVITE reached the exchange")
	}
	if err := b.rig.Do(phone.Command{Do: phone.Hangup}); err != nil {
		return 0, 0, err
	}
	if _, err := b.rig.Until(ctx, func(s phone.Snapshot) bool { return len(s.Calls) == 0 }); err != nil {
		return 0, 0, err
	}
	if err := b.rig.Chrome.Eval(ctx, "", "bench.echo()", &echo); err != nil {
		return 0, 0, err
	}
	if n := len(b.invites); n > 0 {
		return 0, 0, fmt.Errorf("%d more INVITEs than clicks", n)
	}
	return click, echo, nil
}

// startEcho serves WebSockets that send back what they hear, and nothing else.
func (b *bench) startEcho() (port int, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	s := &http.Server{Handler: http.HandlerFunc(echo), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	b.rig.Later(func() error {
		err := s.Close()
		<-done
		return err
	})
	return ln.Addr().(*net.TCPAddr).Port, nil
}

func echo(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // it knows nothing worth keeping
	if err != nil {
		return
	}
	defer ws.CloseNow()
	for {
		kind, b, err := ws.Read(r.Context())
		if err != nil || ws.Write(r.Context(), kind, b) != nil {
			return
		}
	}
}
