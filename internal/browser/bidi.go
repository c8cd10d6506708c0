package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/coder/websocket"
)

// bidi is one connection of WebDriver BiDi: numbered commands, answered in any order. Events are not asked for.
type bidi struct {
	conn *websocket.Conn
	stop context.CancelFunc

	mu      sync.Mutex
	next    int
	waiting map[int]chan answer
	lost    error
}

type answer struct {
	ID      int             `json:"id"`
	Type    string          `json:"type"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
}

func dialBiDi(ctx context.Context, url string) (*bidi, error) {
	conn, _, err := websocket.Dial(ctx, url, nil)
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(64 << 20) // a screenshot is one message
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	b := &bidi{conn: conn, stop: stop, waiting: map[int]chan answer{}}
	go b.read(life)
	return b, nil
}

func (b *bidi) read(ctx context.Context) {
	for {
		_, text, err := b.conn.Read(ctx)
		var a answer
		if err == nil {
			err = json.Unmarshal(text, &a)
		}
		b.mu.Lock()
		if err != nil {
			b.lost = fmt.Errorf("the browser is gone: %w", err)
			for _, c := range b.waiting {
				close(c)
			}
			clear(b.waiting)
			b.mu.Unlock()
			return
		}
		if c := b.waiting[a.ID]; c != nil && a.Type != "event" {
			delete(b.waiting, a.ID)
			c <- a
		}
		b.mu.Unlock()
	}
}

// call sends one command and decodes its answer into out; a nil out drops it.
func (b *bidi) call(ctx context.Context, method string, params, out any) error {
	c := make(chan answer, 1)
	b.mu.Lock()
	if b.lost != nil {
		defer b.mu.Unlock()
		return b.lost
	}
	b.next++
	id := b.next
	b.waiting[id] = c
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.waiting, id)
		b.mu.Unlock()
	}()
	text, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	if err != nil {
		return err
	}
	if err := b.conn.Write(context.WithoutCancel(ctx), websocket.MessageText, text); err != nil { // half a command would end the connection
		return err
	}
	select {
	case a, ok := <-c:
		switch {
		case !ok:
			return errors.New("the browser is gone")
		case a.Type != "success":
			return fmt.Errorf("%s: %s: %s", method, a.Error, a.Message)
		case out == nil:
			return nil
		}
		return json.Unmarshal(a.Result, out)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *bidi) close() {
	b.stop()
	_ = b.conn.CloseNow() // the browser goes too
}
