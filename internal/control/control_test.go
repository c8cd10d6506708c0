package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

// desk is a phone and a journal with fixed answers.
type desk struct{}

func (desk) Do(_ context.Context, c phone.Command) (call.ID, error) {
	if c.Do == phone.Dial {
		return "c1", nil
	}
	return "", &phone.Refusal{Code: phone.CodeNoCall, Text: "There is no such call."}
}

func (desk) Watch(ctx context.Context) <-chan phone.Snapshot {
	out := make(chan phone.Snapshot)
	go func() {
		defer close(out)
		for n := uint64(1); ; n++ {
			select {
			case out <- phone.Snapshot{Seq: n}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (desk) Recent(_ context.Context, q call.Query) ([]call.Record, error) {
	return []call.Record{{Number: uint64(q.Limit)}}, nil
}

func (desk) Outbox(_ context.Context, limit int) ([]calllog.Entry, error) {
	return []calllog.Entry{{Tries: limit}}, nil
}

// quiet is a phone where nothing happens; it says when a watcher has gone.
type quiet struct {
	desk
	gone chan struct{}
}

func (q quiet) Watch(ctx context.Context) <-chan phone.Snapshot {
	out := make(chan phone.Snapshot, 1)
	out <- phone.Snapshot{}
	context.AfterFunc(ctx, func() { close(out); q.gone <- struct{}{} })
	return out
}

func serve(t *testing.T) string { return serveFor(t, desk{}) }

func serveFor(t *testing.T, p Phone) string {
	t.Helper()
	dir := t.TempDir()
	s, err := Listen(dir, Ports{Phone: p, Journal: desk{}, Outbox: desk{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return dir
}

func ask(t *testing.T, c *Client, r Request) (Reply, error) {
	t.Helper()
	return c.Ask(r)
}

func TestConversation(t *testing.T) {
	dir := serve(t)
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if r, err := ask(t, c, Request{Command: phone.Command{Do: phone.Dial, Number: "100"}}); err != nil || r.Call != "c1" {
		t.Errorf("%+v %v", r, err)
	}
	_, err = ask(t, c, Request{Command: phone.Command{Do: phone.Hangup}})
	var no *phone.Refusal
	if !errors.As(err, &no) || no.Code != phone.CodeNoCall {
		t.Errorf("%v", err)
	}
	if r, err := ask(t, c, Request{Command: phone.Command{Do: Status}}); err != nil || r.Snapshot == nil {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := ask(t, c, Request{Command: phone.Command{Do: Log}, Limit: 7}); err != nil || r.Entries[0].Tries != 7 {
		t.Errorf("%+v %v", r, err)
	}
	if r, err := ask(t, c, Request{Command: phone.Command{Do: History}, Limit: 7}); err != nil || r.Records[0].Number != 7 {
		t.Errorf("%+v %v", r, err)
	}
	r, err := ask(t, c, Request{Command: phone.Command{Do: Watch}})
	for last := uint64(0); err == nil && last < 20; r, err = c.Next() {
		if r.Snapshot.Seq <= last {
			t.Fatalf("went back to %d", r.Snapshot.Seq)
		}
		last = r.Snapshot.Seq
	}
	if err != nil {
		t.Error(err)
	}
}

func TestBadLinesAreAnswered(t *testing.T) {
	dir := serve(t)
	conn, err := net.Dial("unix", filepath.Join(dir, SocketName))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewScanner(conn)
	for _, line := range []string{"hello", "[]", "{\"do\":7}", "", "null"} {
		if _, err := conn.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
		var r Reply
		if !in.Scan() || json.Unmarshal(in.Bytes(), &r) != nil || r.OK || r.Text == "" {
			t.Errorf("%q was answered %q", line, in.Text())
		}
	}
	if _, err := conn.Write([]byte(strings.Repeat("x", maxLine+10))); err == nil && in.Scan() {
		t.Errorf("a line without end was answered %q", in.Text())
	}
}

// TestGoneWatcherIsLetGo: while nothing happens nothing is written, so that only reading shows that a watcher has gone.
// TestTooLongARequestIsRefusedHere: the server would hang up in the middle of it, and nobody knew why.
func TestTooLongARequestIsRefusedHere(t *testing.T) {
	c, err := Dial(t.Context(), serve(t))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var no *phone.Refusal
	_, err = ask(t, c, Request{Command: phone.Command{Do: phone.Note, Text: strings.Repeat("x", 70<<10)}})
	if !errors.As(err, &no) || no.Text != "That is 70 KB of text, and Sidetone takes 64 at most: shorten it." {
		t.Errorf("%v", err)
	}
	if _, err := ask(t, c, Request{Command: phone.Command{Do: Status}}); err != nil {
		t.Errorf("the connection is lost: %v", err)
	}
	_ = c.Close()
	if _, err := ask(t, c, Request{Command: phone.Command{Do: Status}}); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is not one sentence", err)
	}
}

func TestGoneWatcherIsLetGo(t *testing.T) {
	q := quiet{gone: make(chan struct{}, 1)}
	c, err := Dial(t.Context(), serveFor(t, q))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, c, Request{Command: phone.Command{Do: Watch}}); err != nil {
		t.Fatal(err)
	}
	c.Close()
	select {
	case <-q.gone:
	case <-time.After(5 * time.Second):
		t.Error("the watcher is still served")
	}
}

func TestTooManyClientsAreTurnedAway(t *testing.T) {
	dir := serve(t)
	status := Request{Command: phone.Command{Do: Status}}
	for range maxClients {
		c, err := Dial(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := ask(t, c, status); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := ask(t, c, status); err == nil {
		t.Error("one more was let in")
	}
}

func TestSocketIsPrivateAndReplacesADeadOne(t *testing.T) {
	dir := serve(t)
	info, err := os.Stat(filepath.Join(dir, SocketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	dead := t.TempDir()
	if err := os.WriteFile(filepath.Join(dead, SocketName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Listen(dead, Ports{Phone: desk{}, Journal: desk{}, Outbox: desk{}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.listener.Close()
}

func TestNotRunning(t *testing.T) {
	if _, err := Dial(t.Context(), t.TempDir()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("%v", err)
	}
}
