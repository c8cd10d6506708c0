package kustomersim

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// request is one call of the API, as a frame asks the host page for it.
type request struct {
	Method string          `json:"method"`
	URL    string          `json:"url"`
	Body   json.RawMessage `json:"body"`
}

// answer is what the host page sends back: data, err, or nothing at all.
type answer struct {
	Data any  `json:"data,omitempty"`
	Err  any  `json:"err,omitempty"`
	None bool `json:"none,omitempty"`
}

func failed(status int, code, title string) answer {
	return answer{Err: map[string]any{"errors": []any{map[string]any{"status": status, "code": code, "title": title}}}}
}

// labRequest answers an API call after the latency that is set.
func (s *Sim) labRequest(w http.ResponseWriter, r *http.Request) {
	var req request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&req); err != nil {
		reply(w, http.StatusBadRequest, failed(400, "bad_request", "The body is not JSON."))
		return
	}
	f := s.Faults()
	if f.LatencyMS > 0 {
		select {
		case <-time.After(time.Duration(min(f.LatencyMS, 60000)) * time.Millisecond):
		case <-r.Context().Done():
			return
		}
	}
	req.Method = strings.ToUpper(req.Method)
	if a, bad := f.answer(req); bad {
		reply(w, http.StatusOK, a)
		return
	}
	a := s.api(req)
	if f.API == "lost" && f.meant(req) {
		a = answer{None: true}
	}
	reply(w, http.StatusOK, a)
}

// meant reports whether the failure that is set is meant for a request.
func (f Faults) meant(req request) bool { return strings.Contains(req.Method+" "+req.URL, f.Only) }

// answer is the failure that is set for a request, if any.
func (f Faults) answer(req request) (answer, bool) {
	if f.API == "" || !f.meant(req) {
		return answer{}, false
	}
	switch f.API {
	case "no-answer":
		return answer{None: true}, true
	case "malformed":
		return answer{Data: map[string]any{"id": 42, "attributes": "none"}}, true
	}
	code, err := strconv.Atoi(f.API)
	if err != nil {
		return answer{}, false
	}
	return failed(code, strings.ToLower(strings.ReplaceAll(http.StatusText(code), " ", "_")), http.StatusText(code)), true
}

func (s *Sim) api(req request) answer {
	u, err := url.Parse(req.URL)
	if err != nil {
		return failed(400, "bad_request", "The address is not understood.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := strings.CutPrefix(u.Path, "/v1/routing/statuses/"); ok && req.Method == http.MethodPut {
		return s.putStatus(id, req.Body)
	}
	if a, ok := s.records.answer(req.Method, u.Path, req.Body, time.Now()); ok {
		return a
	}
	switch req.Method + " " + u.Path {
	case "GET /v1/routing/statuses":
		return answer{Data: page(s.routing.list(), u.Query())}
	case "GET /v1/routing/work-sessions":
		if s.routing.now().Type == "offline" {
			return answer{Data: []any{}} // offline has ended the session
		}
		return answer{Data: []any{s.routing.session()}}
	case "GET /v1/users/current":
		return answer{Data: map[string]any{"id": "user-1", "type": "user", "attributes": map[string]any{"displayName": "Agent D. Sample", "email": "agent@example.com"}}}
	case "GET /v1/orgs/current":
		return answer{Data: map[string]any{"id": "org-1", "type": "org", "attributes": map[string]any{"name": s.config.Org}}}
	}
	return failed(404, "not_found", "There is no such address.")
}

// page is the part of a list that page and pageSize ask for: 25 at once where nothing is said, 100 at most.
func page(list []map[string]any, q url.Values) []map[string]any {
	number, size := 1, 25
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 0 {
		number = n
	}
	if n, err := strconv.Atoi(q.Get("pageSize")); err == nil && n > 0 {
		size = min(n, 100)
	}
	from := min((number-1)*size, len(list))
	return list[from:min(from+size, len(list))]
}

// putStatus replaces the whole map, as Kustomer is believed to.
func (s *Sim) putStatus(id string, body json.RawMessage) answer {
	var b struct {
		Map map[string]string `json:"externalStatusMap"`
	}
	if err := json.Unmarshal(body, &b); err != nil || b.Map == nil {
		return failed(400, "bad_request", "externalStatusMap is an object of texts.")
	}
	if !s.routing.setMap(id, b.Map) {
		return failed(404, "not_found", "There is no such status.")
	}
	return answer{Data: s.routing.statuses[s.routing.index(id)].resource()}
}
