package browser

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const inner = `<!doctype html><title>i</title><button id="go">Go</button><input id="n" value="old"><select id="s"><option>a<option>b</select><p id="out">none</p>
<script>go.onclick = (e) => out.textContent = "clicked " + e.isTrusted; n.oninput = () => out.textContent = "typed " + n.value;
s.onchange = () => out.textContent = "chose " + s.value</script>`

func pages(t *testing.T) string {
	t.Helper()
	var port string
	mux := http.NewServeMux()
	mux.HandleFunc("/inner", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(inner)) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		page := `<!doctype html><title>o</title><div style="height:700px">tall</div><button id="late" hidden>Late</button><p id="said"></p>
<iframe style="border:3px solid;width:400px;height:200px" src="http://two.localhost:` + port + `/inner"></iframe>
<script>setTimeout(() => late.hidden = false, 100); late.onclick = () => said.textContent = "late"</script>`
		_, _ = w.Write([]byte(page))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	return "http://one.localhost:" + port + "/"
}

func TestClicksAndTypesInAFrameOfAnotherSite(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := Start(ctx, Options{Headless: true, URL: pages(t), Width: 700, Height: 500})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(b.dir); !os.IsNotExist(err) {
			t.Errorf("the profile %s is still there", b.dir)
		}
	}()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.Click(ctx, "", "#late"))
	must(b.WaitText(ctx, "", "#said", "late"))
	must(b.Click(ctx, "/inner", "#go"))
	must(b.WaitText(ctx, "/inner", "#out", "clicked true"))
	must(b.Type(ctx, "/inner", "#n", "+12025550142"))
	must(b.WaitText(ctx, "/inner", "#out", "typed +12025550142"))
	must(b.Select(ctx, "/inner", "#s", "b"))
	if got, err := b.Text(ctx, "/inner", "#out"); err != nil || got != "chose b" {
		t.Errorf("text is %q, %v", got, err)
	}
	shot := filepath.Join(t.TempDir(), "a.png")
	must(b.Screenshot(ctx, shot))
	if png, err := os.ReadFile(shot); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("the screenshot is no PNG: %v", err)
	}
	short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
	defer stop()
	if err := b.WaitText(short, "/inner", "#out", "never"); err == nil || !strings.Contains(err.Error(), "chose b") {
		t.Errorf("the failure does not say what was there: %v", err)
	}
}

// room lets the test see every temporary file: it is the folder for them from now on. A socket's path must be short.
func room(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	return dir
}

func holds(t *testing.T, dir string, want int) {
	t.Helper()
	got, err := os.ReadDir(dir)
	if err != nil || len(got) != want {
		t.Errorf("the folder for temporary files holds %v, want %d entries, %v", got, want, err)
	}
}

func TestLeavesNothingBehind(t *testing.T) {
	dir := room(t)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := Start(ctx, Options{Headless: true})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, dir, 1) // the profile
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	holds(t, dir, 0)
}

func TestFailedStartsLeaveNothingBehind(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	t.Run("page", func(t *testing.T) {
		dir := room(t)
		if _, err := Start(ctx, Options{Headless: true, URL: "http://127.0.0.1:1/"}); err == nil {
			t.Error("a page nobody serves was opened")
		}
		holds(t, dir, 0)
	})
	t.Run("program", func(t *testing.T) {
		path := t.TempDir()
		dir := room(t)
		program := "#!/bin/sh\nmkdir \"$TMPDIR/org.chromium.Chromium.x\"\nexit 1\n"
		if err := os.WriteFile(filepath.Join(path, "chromium"), []byte(program), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", path+":/usr/bin:/bin")
		if _, err := Start(ctx, Options{Headless: true}); err == nil {
			t.Error("a program that ends at once was taken for a browser")
		}
		holds(t, dir, 0)
	})
}

func TestMissingChromiumIsOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "package chromium") {
		t.Errorf("got %v", err)
	}
}
