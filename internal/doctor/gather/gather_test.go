package gather

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/doctor"
	"sidetone/internal/phone"
	"sidetone/widgetbridge"
	"sidetone/widgetbridge/pairing"
)

// desk is a phone with one snapshot to tell.
type desk struct{ snapshot phone.Snapshot }

func (desk) Do(context.Context, phone.Command) (call.ID, error) { return "", nil }
func (desk) Report(phone.Report)                                {}
func (d desk) Watch(ctx context.Context) <-chan phone.Snapshot {
	out := make(chan phone.Snapshot, 1)
	out <- d.snapshot
	context.AfterFunc(ctx, func() { close(out) })
	return out
}
func (desk) Recent(context.Context, call.Query) ([]call.Record, error) { return nil, nil }

// run starts what lives until the test ends.
func run(t *testing.T, what func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- what(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestARealBridge goes all the way: a bridge and a control socket that are ours, looked at from outside.
func TestARealBridge(t *testing.T) {
	b := widgetbridge.New(widgetbridge.Config{
		Ports: []int{0}, Origins: []string{"https://widget.example.com"}, Phone: desk{},
		Keep: func(context.Context) (widgetbridge.Keeping, error) {
			id, err := pairing.NewIdentity()
			if err != nil {
				return widgetbridge.Keeping{}, err
			}
			book, err := pairing.OpenBook("", "")
			return widgetbridge.Keeping{Identity: id, Book: book}, err
		},
	})
	run(t, b.Run)
	port, err := b.Port(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := phone.Snapshot{Bridge: phone.Bridge{Port: port, Pages: []phone.Page{{Origin: "https://widget.example.com", Used: time.Now()}}}}
	s.Accounts = []phone.AccountLine{{Account: call.Account{ID: "main"}, Line: call.Line{State: call.LineReady}}}
	server, err := control.Listen(dir, control.Ports{Phone: desk{s}, Journal: desk{}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	run(t, server.Run)
	settings := fmt.Sprintf("[bridge]\norigins = [\"https://widget.example.com\"]\nports = [%d]\n", port)
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	f := Facts(t.Context(), Options{DataDir: dir, Orgs: []string{"acme"}})
	if !f.App.Running || f.App.Port != port || len(f.App.Lines) != 1 || !f.App.Lines[0].Ready || len(f.App.Pages) != 1 || len(f.WidgetHosts) != 1 {
		t.Errorf("%+v", f.App)
	}
	if len(f.Probes) < 3 || len(f.Ports) != 1 || len(f.Ports[0].Taken) == 0 {
		t.Errorf("probes %+v, ports %+v", f.Probes, f.Ports)
	}
	for _, found := range doctor.Examine(f) {
		if found.Check != "browser" && found.Check != "keyring" && found.State != doctor.OK {
			t.Errorf("%+v", found)
		}
	}
}

// TestAStrangersServer: what answers otherwise than the bridge would is seen.
func TestAStrangersServer(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi":                                        "was answered with 200",
		"HTTP/1.1 403 Forbidden\r\nServer: x\r\nContent-Length: 0\r\n\r\n":                      "the header Server",
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 14\r\n\r\nSidetone 1.2.3":                    `\"Sidetone 1.2.3\"`,
		"HTTP/1.1 403 Forbidden\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 0\r\n\r\n": "Access-Control-Allow-Origin",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n":                        "was answered with 101",
		"": "got no answer",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		run(t, func(ctx context.Context) error {
			stop := context.AfterFunc(ctx, func() { l.Close() })
			defer stop()
			for {
				conn, err := l.Accept()
				if err != nil {
					return nil
				}
				_, _ = conn.Read(make([]byte, 1024))
				_, _ = conn.Write([]byte(answer))
				conn.Close()
			}
		})
		all := doctor.Examine(doctor.Facts{Probes: probes(t.Context(), l.Addr().(*net.TCPAddr).Port)})
		if text := fmt.Sprintf("%+q", all); !strings.Contains(text, want) || !doctor.Ill(all) {
			t.Errorf("%q: no word of %q in %s", answer, want, text)
		}
	}
}

func TestNobodyIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	f := Facts(t.Context(), Options{DataDir: dir, WidgetHosts: []string{"widget.example.com"}})
	if !f.Folder.Missing || f.App.Running || f.App.Problem != "" || f.Settings.Problem != "" || f.Probes != nil || len(f.Ports) != 3 {
		t.Errorf("%+v", f)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("not = [toml"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := folder(file); got.Problem == "" {
		t.Error("a file is a data folder")
	}
	if s, _ := settings(Options{Config: file}); s.Problem == "" {
		t.Error("settings that cannot be read are well")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the doctor made a folder")
	}
}

// TestASilentSocket: a phone that hangs does not hang the doctor.
func TestASilentSocket(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, control.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := app(t.Context(), dir); got.Running || got.Problem != "it took too long" {
		t.Errorf("%+v", got)
	}
}

func TestHeldPortsAndTheirHolder(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	at := l.Addr().(*net.TCPAddr).AddrPort()
	got := held(t.Context(), []int{int(at.Port()), 0}, []doctor.Socket{{At: at, Holder: "me"}, {At: netip.MustParseAddrPort("[::1]:1"), Holder: "other"}})
	if len(got) != 1 || len(got[0].Taken) != 1 || got[0].Taken[0] != "127.0.0.1" || got[0].Holder != "me" {
		t.Errorf("%+v", got)
	}
}
