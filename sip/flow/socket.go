package flow

import (
	"context"
	"net"
	"net/http"
	"strconv"

	"github.com/coder/websocket"

	"sidetone/sip/locate"
)

// socket is a WebSocket: a message is a frame (RFC 7118 §5).
type socket struct{ ws *websocket.Conn }

// upgrade opens a WebSocket on a connection that is safe already.
func upgrade(ctx context.Context, safe net.Conn, t locate.Target, w Way) (pipe, error) {
	once := make(chan net.Conn, 1)
	once <- safe
	client := &http.Client{
		Transport: &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case c := <-once:
				return c, nil
			default:
				return nil, net.ErrClosed
			}
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	path := w.Path
	if path == "" {
		path = "/"
	}
	at := "wss://" + net.JoinHostPort(w.Name, strconv.Itoa(int(t.Addrs[0].Port()))) + path
	ws, res, err := websocket.Dial(ctx, at, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"sip"}})
	switch {
	case err != nil && res != nil && res.StatusCode != http.StatusSwitchingProtocols:
		return nil, fault(err, "The address %s is no WebSocket for SIP (it answered %s): correct the account's server.", at, res.Status)
	case err != nil:
		return nil, err
	case ws.Subprotocol() != "sip":
		ws.CloseNow()
		return nil, fault(websocket.CloseError{Code: websocket.StatusProtocolError}, "The address %s is a WebSocket, but not for SIP: correct the account's server.", at)
	}
	ws.SetReadLimit(MaxMessage)
	return &socket{ws}, nil
}

func (s *socket) next() ([]byte, error) {
	_, b, err := s.ws.Read(context.Background()) // ends with close
	return b, err
}

func (s *socket) send(b []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	return s.ws.Write(ctx, websocket.MessageText, b)
}

// ping waits for its answer.
func (s *socket) ping() (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pongWithin)
	defer cancel()
	if err := s.ws.Ping(ctx); err != nil {
		return false, ErrSilent
	}
	return true, nil
}

func (s *socket) close() { s.ws.CloseNow() }
