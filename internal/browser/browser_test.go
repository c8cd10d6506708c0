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
	for _, kind := range []Kind{Chromium, Firefox} {
		t.Run(kind.String(), func(t *testing.T) { clicksAndTypes(t, kind) })
	}
}

func clicksAndTypes(t *testing.T, kind Kind) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	b, err := Start(ctx, Options{Kind: kind, Headless: true, URL: pages(t), Width: 700, Height: 500})
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
	t.Cleanup(func() {
		for range 40 { // a browser's helpers may write their last file after it has ended
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(25 * time.Millisecond)
		}
	})
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

func TestMissingBrowserIsOneSentence(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for kind, want := range map[Kind]string{Chromium: "package chromium", Firefox: "package firefox-esr"} {
		if _, err := Start(t.Context(), Options{Kind: kind}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

// opener opens a further window by a click, and says so in its title when that is closed.
const opener = `<!doctype html><title>o</title><button id="open">Open</button>
<script>let w; document.querySelector("#open").onclick = () => { w = window.open("/further", "f", "popup,width=300,height=200"); }</script>`

func TestFurtherWindows(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/further" {
			_, _ = w.Write([]byte(inner))
			return
		}
		_, _ = w.Write([]byte(opener))
	}))
	t.Cleanup(s.Close)
	for _, kind := range []Kind{Chromium, Firefox} {
		t.Run(kind.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			b, err := Start(ctx, Options{Kind: kind, Headless: true, URL: s.URL})
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			for _, err := range []error{
				b.Click(ctx, "", "#open"), b.WaitText(ctx, "/further", "#out", "none"),
				b.CloseWindow(ctx, "/further"), b.WaitAlone(ctx, "/further"), b.WaitEval(ctx, "", "w.closed"),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestKeptProfile: what a page keeps in a kept profile is there when the browser comes back.
func TestKeptProfile(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(inner)) }))
	t.Cleanup(s.Close)
	for _, kind := range []Kind{Chromium, Firefox} {
		t.Run(kind.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			dir := room(t)
			for _, expression := range []string{`localStorage.setItem("a", "b")`, `localStorage.getItem("a")`} {
				b, err := Start(ctx, Options{Kind: kind, Headless: true, URL: s.URL, Profile: dir})
				if err != nil {
					t.Fatal(err)
				}
				var got string
				if err := b.Eval(ctx, "", expression, &got); err != nil || strings.Contains(expression, "get") && got != "b" {
					t.Errorf("%s is %q, %v", expression, got, err)
				}
				if err := b.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
