package widgetbridge

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// path is where the WebSocket is served.
const path = "/v1/ws"

// refuse decides on a request before anything is upgraded: 0 lets it pass, else the status to answer. To a stranger every
// refusal looks the same; nothing tells what listens here.
func refuse(r *http.Request, port int, origins []string) int {
	switch {
	case !fromLoopback(r.RemoteAddr):
		return http.StatusForbidden
	case !hostAllowed(r.Host, port):
		return http.StatusMisdirectedRequest
	case r.URL.RawQuery != "" || r.URL.ForceQuery || r.Method != http.MethodGet:
		return http.StatusNotFound
	case pipePaths()[r.URL.Path] != "":
		return refusePipe(r, port)
	case r.URL.Path != path:
		return http.StatusNotFound
	case !originAllowed(r.Header["Origin"], append([]string{pipeOrigin(port)}, origins...)):
		return http.StatusForbidden
	case !fetchModeAllowed(r.Header["Sec-Fetch-Mode"]):
		return http.StatusForbidden
	}
	return 0
}

// refusePipe lets a window open the popup by its literal address and its page load its parts; no other page may load them. Chromium
// names the page's own origin when it loads a module.
func refusePipe(r *http.Request, port int) int {
	name, want, own := "Sec-Fetch-Site", "same-origin", pipeOrigin(port)
	if r.URL.Path == "/pipe" {
		name, want, own = "Sec-Fetch-Mode", "navigate", ""
	}
	got, from := r.Header.Get(name), r.Header["Origin"]
	switch {
	case r.Host != strings.TrimPrefix(pipeOrigin(port), "http://"), got != "" && got != want:
		return http.StatusForbidden
	case len(from) > 0 && (own == "" || !originAllowed(from, []string{own})):
		return http.StatusForbidden
	}
	return 0
}

func fromLoopback(remote string) bool {
	a, err := netip.ParseAddrPort(remote)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// hostAllowed defeats DNS rebinding: a page that reaches us by another name carries that name here.
func hostAllowed(host string, port int) bool {
	p := strconv.Itoa(port)
	for _, name := range []string{"127.0.0.1", "::1", "localhost"} {
		if host == net.JoinHostPort(name, p) {
			return true
		}
	}
	return false
}

// originAllowed wants exactly one Origin header that equals one of ours byte for byte.
func originAllowed(got, allowed []string) bool {
	return len(got) == 1 && got[0] != "" && got[0] != "null" && slices.Contains(allowed, got[0])
}

// fetchModeAllowed checks Sec-Fetch-Mode where a browser sends it; Chromium sends none with a WebSocket.
func fetchModeAllowed(got []string) bool {
	return len(got) == 0 || len(got) == 1 && strings.EqualFold(got[0], "websocket")
}

// harden sets the headers every answer carries.
func harden(h http.Header) {
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Origin")
}
