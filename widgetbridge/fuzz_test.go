package widgetbridge

import (
	"net/http"
	"net/url"
	"testing"
)

// FuzzRefuse: a request passes with the literal host, one allowed origin, the one path and nothing else, whatever it is made of.
func FuzzRefuse(f *testing.F) {
	const port = 17931
	f.Add("GET", "127.0.0.1:17931", "/v1/ws", "", widgetOrigin, "websocket", "127.0.0.1:50000")
	f.Add("GET", "127.0.0.1:17931", "/pipe.js", "", "http://127.0.0.1:17931", "cors", "127.0.0.1:1")
	f.Add("POST", "localhost:17931", "/v1/ws/", "a=b", "null", "cors", "[::1]:1")
	f.Add("GET", "evil.example.com", "/", "", widgetOrigin+".evil.example.com", "", "192.0.2.1:1")
	f.Fuzz(func(t *testing.T, method, host, path, query, origin, mode, remote string) {
		r := &http.Request{Method: method, Host: host, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{"Origin": {origin}}, RemoteAddr: remote}
		if mode != "" {
			r.Header.Set("Sec-Fetch-Mode", mode)
		}
		if refuse(r, port, []string{widgetOrigin}) != 0 {
			return
		}
		if pipePaths()[path] != "" {
			if method != http.MethodGet || host != "127.0.0.1:17931" || query != "" || origin != pipeOrigin(port) || !fromLoopback(remote) {
				t.Errorf("the popup's %q passes for %q from %q at %q", path, host, origin, remote)
			}
			return
		}
		literal := host == "127.0.0.1:17931" || host == "[::1]:17931" || host == "localhost:17931"
		if method != http.MethodGet || !literal || path != "/v1/ws" || query != "" || origin != widgetOrigin && origin != pipeOrigin(port) || !fromLoopback(remote) {
			t.Errorf("%s %q %q?%q from %q at %q passes", method, host, path, query, origin, remote)
		}
	})
}
