package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"sidetone/internal/phone"
)

// ErrNotRunning says that no phone listens in the data folder.
var ErrNotRunning = errors.New("sidetone is not running with this data folder")

var errClosed = errors.New("sidetone has closed the connection")

// Client is one connection to a running phone. It is used by one goroutine.
type Client struct {
	conn net.Conn
	in   *bufio.Scanner
}

// Dial connects to the phone that runs in dir.
func Dial(ctx context.Context, dir string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", filepath.Join(dir, SocketName))
	if err != nil {
		return nil, fmt.Errorf("%w: %s. Start it, or name its folder with --data-dir", ErrNotRunning, dir)
	}
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 4096), 8<<20)
	return &Client{conn: conn, in: in}, nil
}

// Gone reports whether an error of a client says that its phone is not there, or is ending.
func Gone(err error) bool {
	var no *phone.Refusal
	return errors.Is(err, ErrNotRunning) || errors.Is(err, errClosed) || errors.As(err, &no) && no.Code == phone.CodeStopped
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Ask sends one request and returns its reply. A refusal is a *phone.Refusal.
func (c *Client) Ask(req Request) (Reply, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return Reply{}, err
	}
	if len(text) >= maxLine {
		return Reply{}, &phone.Refusal{Code: phone.CodeBadCommand, Text: fmt.Sprintf("That is %d KB of text, and Sidetone takes %d at most: shorten it.", len(text)>>10, maxLine>>10)}
	}
	if _, err := c.conn.Write(append(text, '\n')); err != nil {
		return Reply{}, fmt.Errorf("%w: %w", errClosed, err)
	}
	return c.Next()
}

// Next reads one more reply, as after Watch.
func (c *Client) Next() (Reply, error) {
	if !c.in.Scan() {
		if err := c.in.Err(); err != nil {
			return Reply{}, fmt.Errorf("%w: %w", errClosed, err)
		}
		return Reply{}, errClosed
	}
	var r Reply
	if err := json.Unmarshal(c.in.Bytes(), &r); err != nil {
		return Reply{}, fmt.Errorf("sidetone answered something that is not understood: %w. Use the same version of both", err)
	}
	if !r.OK {
		return r, &phone.Refusal{Code: r.Code, Text: r.Text}
	}
	return r, nil
}
