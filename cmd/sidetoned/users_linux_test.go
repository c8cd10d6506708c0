package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"sidetone/internal/peers"
	"sidetone/internal/phone"
	"sidetone/widgetbridge/pairing"
)

const usersOrigin = "https://widget.example.com"

// userPhone runs sidetoned as another user of the machine, with a data folder that is theirs alone.
func userPhone(t *testing.T, shared string, uid uint32, ports string) *peers.Phone {
	t.Helper()
	dir := filepath.Join(shared, fmt.Sprint("user-", uid))
	settings := fmt.Sprintf("[bridge]\nforget = true\norigins = [%q]\nports = %s\n", usersOrigin, ports)
	for _, err := range []error{
		os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "config.toml"), []byte(settings), 0o600),
		os.Chown(dir, int(uid), int(uid)), os.Chown(filepath.Join(dir, "config.toml"), int(uid), int(uid)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d := &peers.Phone{T: t, Dir: dir}
	d.Cmd = exec.Command(filepath.Join(shared, "sidetoned"), "--data-dir", dir, "--audio-in", "silence", "--audio-out", "null")
	d.Cmd.Env = []string{beProgram + "=1", "HOME=" + dir, "PATH=" + os.Getenv("PATH")}
	d.Cmd.Dir, d.Cmd.Stderr = dir, &d.Errs
	d.Cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	if err := d.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.Cmd.Process.Signal(syscall.SIGTERM)
		_ = d.Cmd.Wait()
	})
	return d
}

// ctl runs sidetonectl as a user against a data folder.
func ctl(t *testing.T, shared string, uid uint32, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command(filepath.Join(shared, "sidetonectl"), append([]string{"--data-dir", dir, "--json"}, args...)...)
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// portOf waits until a user's phone listens for pages.
func portOf(t *testing.T, shared string, uid uint32, d *peers.Phone) int {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) { // it can only be asked
		var b phone.Bridge
		if out, err := ctl(t, shared, uid, d.Dir, "kustomer", "pages"); err == nil && json.Unmarshal([]byte(out), &b) == nil && b.Port > 0 {
			return b.Port
		}
	}
	t.Fatalf("the phone of user %d never listened: %s", uid, &d.Errs)
	return 0
}

// dialBridge opens the bridge at a port as a page would, and returns the nonce it is challenged with.
func dialBridge(t *testing.T, ctx context.Context, port int) (*websocket.Conn, string) {
	t.Helper()
	ws, _, err := websocket.Dial(ctx, fmt.Sprintf("ws://127.0.0.1:%d/v1/ws", port), &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {usersOrigin}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	m := hearBridge(t, ctx, ws)
	if m["type"] != "challenge" {
		t.Fatalf("%v", m)
	}
	return ws, m["nonce"].(string)
}

func hearBridge(t *testing.T, ctx context.Context, ws *websocket.Conn) map[string]any {
	t.Helper()
	_, b, err := ws.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func sayBridge(t *testing.T, ctx context.Context, ws *websocket.Conn, text string) {
	t.Helper()
	if err := ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// hello proves the page at a port and returns what it hears then, the app's own proof verified if there is one.
func hello(t *testing.T, ctx context.Context, port int, own pairing.Identity, app pairing.Key) map[string]any {
	t.Helper()
	ws, challenge := dialBridge(t, ctx, port)
	key, err := own.Key()
	if err != nil {
		t.Fatal(err)
	}
	about := pairing.Hello{Origin: usersOrigin, Port: port, AppNonce: challenge, PageNonce: pairing.NewNonce()}
	sig, err := about.SignPage(own)
	if err != nil {
		t.Fatal(err)
	}
	sayBridge(t, ctx, ws, fmt.Sprintf(`{"type":"hello","v":1,"origin":%q,"key":%q,"nonce":%q,"sig":%q}`, usersOrigin, key.ID(), about.PageNonce, sig))
	m := hearBridge(t, ctx, ws)
	if m["type"] == "welcome" && !about.ByApp(app, m["sig"].(string)) {
		t.Error("the app that says welcome is not the one that was paired")
	}
	return m
}

// pairPage pairs a page with the phone at a port and returns both keys.
func pairPage(t *testing.T, ctx context.Context, port int, digits func(string) error) (pairing.Identity, pairing.Key) {
	t.Helper()
	own, err := pairing.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	key, err := own.Key()
	if err != nil {
		t.Fatal(err)
	}
	ws, _ := dialBridge(t, ctx, port)
	nonce := pairing.NewNonce()
	sayBridge(t, ctx, ws, fmt.Sprintf(`{"type":"pair","v":1,"origin":%q,"key":%q,"commit":%q}`, usersOrigin, key, pairing.Commitment(key, nonce)))
	m := hearBridge(t, ctx, ws)
	app, _ := m["key"].(string)
	appNonce, _ := m["nonce"].(string)
	x := pairing.Exchange{Origin: usersOrigin, Page: key, App: pairing.Key(app), PageNonce: nonce, AppNonce: appNonce}
	typed := make(chan error, 1)
	go func() { typed <- digits(x.Digits()) }()
	for _, want := range []string{"pair-commit", "paired"} {
		if m := hearBridge(t, ctx, ws); m["type"] != want {
			t.Fatalf("%v instead of %s", m, want)
		}
		if want == "pair-commit" {
			sayBridge(t, ctx, ws, fmt.Sprintf(`{"type":"pair-reveal","nonce":%q}`, nonce))
		}
	}
	if err := <-typed; err != nil {
		t.Fatal(err)
	}
	return own, pairing.Key(app)
}

// TestTwoUsersOfOneMachine: on a terminal server everybody's phone answers on loopback. A page hears nothing from the wrong one and
// finds its own on the next port; the other user can neither use our socket nor read our files.
func TestTwoUsersOfOneMachine(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can start programs as two users")
	}
	shared, err := os.MkdirTemp("", "sidetone-users-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(shared) })
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.Chmod(shared, 0o755), os.WriteFile(filepath.Join(shared, "sidetoned"), program, 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const theirUID, ourUID = 1, 2
	ports := freePorts(t)
	list := fmt.Sprintf("[%d, %d]", ports[0], ports[1])
	if out, err := exec.Command("go", "build", "-o", filepath.Join(shared, "sidetonectl"), "sidetone/cmd/sidetonectl").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	theirs := userPhone(t, shared, theirUID, list)
	theirPort := portOf(t, shared, theirUID, theirs)
	ours := userPhone(t, shared, ourUID, list)
	ourPort := portOf(t, shared, ourUID, ours)
	if theirPort != ports[0] || ourPort != ports[1] {
		t.Fatalf("ports %d and %d of %s", theirPort, ourPort, list)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	own, app := pairPage(t, ctx, ourPort, func(digits string) error {
		_, err := ctl(t, shared, ourUID, ours.Dir, "kustomer", "pair", digits)
		return err
	})
	if m := hello(t, ctx, theirPort, own, app); m["type"] != "refused" || len(m) != 3 {
		t.Errorf("another user's phone says %v", m)
	}
	if m := hello(t, ctx, ourPort, own, app); m["type"] != "welcome" {
		t.Errorf("our own phone says %v", m)
	}
	for _, args := range [][]string{{"cat", filepath.Join(ours.Dir, "config.toml")}, {"ls", ours.Dir}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: theirUID, Gid: theirUID}}
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "Permission denied") {
			t.Errorf("%v as another user: %s", args, out)
		}
	}
	if out, err := ctl(t, shared, theirUID, ours.Dir, "status"); err == nil {
		t.Errorf("another user asked our phone: %s", out)
	}
}

// freePorts are two ports that nobody holds.
func freePorts(t *testing.T) [2]int {
	t.Helper()
	var out [2]int
	for i := range out {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // both at once, so that they differ
		out[i] = l.Addr().(*net.TCPAddr).Port
	}
	return out
}
