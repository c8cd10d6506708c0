package widgetbridge

import (
	"embed"
	"fmt"
	"html"
	"net/http"
	"net/netip"
	"strings"
)

//go:embed pipe
var pipeFiles embed.FS

// pipeOrigin is the origin of our own popup. A page that a browser does not let reach this computer may still open a window
// on it; that window passes the widget's messages on and has no authority of its own: who speaks is proved by signature.
func pipeOrigin(port int) string {
	return "http://" + netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)).String()
}

// pipePaths are the parts of the popup and their media types.
func pipePaths() map[string]string {
	const script = "text/javascript; charset=utf-8"
	return map[string]string{"/pipe": "text/html; charset=utf-8", "/pipe.js": script, "/pipe-words.js": script, "/pipe.css": "text/css; charset=utf-8"}
}

// pipe serves the popup. Its page names the origins it may speak with; only the page itself can read them.
func pipe(w http.ResponseWriter, r *http.Request, port int, origins []string) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "pipe" {
		name = "pipe.html"
	}
	b, err := pipeFiles.ReadFile("pipe/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if name == "pipe.html" {
		b = []byte(strings.Replace(string(b), "ORIGINS", html.EscapeString(strings.Join(origins, " ")), 1))
	}
	h := w.Header()
	h.Set("Content-Type", pipePaths()[r.URL.Path])
	h.Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; script-src 'self'; style-src 'self'; connect-src ws://127.0.0.1:%d; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", port))
	_, _ = w.Write(b)
}
