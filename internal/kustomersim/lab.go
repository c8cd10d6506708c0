package kustomersim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// maxBody bounds what the host page posts, in bytes.
const maxBody = 1 << 20

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into); err != nil {
		http.Error(w, "The body is not understood.", http.StatusBadRequest)
		return false
	}
	return true
}

// labState is everything the host page begins with.
func (s *Sim) labState(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply(w, http.StatusOK, map[string]any{
		"org": s.config.Org, "widgetUrl": s.config.WidgetURL, "settingsUrl": s.config.SettingsURL, "allow": s.config.IframePermissions,
		"queue": s.config.Queue, "canCall": s.config.CallAgent != nil, "faults": s.faults,
		"statuses": s.routing.list(), "session": s.routing.session(), "customer": s.records.people[0].resource(), "changes": len(s.changes),
	})
}

// labChanges tells a host page of the changes after the first so many, one after the other, until it goes.
func (s *Sim) labChanges(w http.ResponseWriter, r *http.Request) {
	next, err := strconv.Atoi(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after"))) // the former after a lost connection
	if err != nil || next < 0 {
		http.Error(w, "after is the number of changes the page knows.", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	for {
		s.mu.Lock()
		news, changed := slices.Clone(s.changes[min(next, len(s.changes)):]), s.changed
		s.mu.Unlock()
		for _, c := range news {
			text, err := json.Marshal(c)
			if err != nil {
				return
			}
			next++
			_, _ = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", next, text)
		}
		if out.Flush() != nil {
			return
		}
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Sim) labLog(w http.ResponseWriter, r *http.Request) {
	var e Entry
	if !read(w, r, &e) {
		return
	}
	e.At = time.Now()
	s.recorder.add(e)
	w.WriteHeader(http.StatusNoContent)
}

// labStatus is the agent choosing in Kustomer's own menu.
func (s *Sim) labStatus(w http.ResponseWriter, r *http.Request) {
	var b struct{ ID string }
	if read(w, r, &b) {
		s.answerStatus(w, func(st status) bool { return st.ID == b.ID }, false)
	}
}

// labWant is the widget asking for a status by its kind. Kustomer's own status of that kind is meant.
func (s *Sim) labWant(w http.ResponseWriter, r *http.Request) {
	var b struct{ StatusType string }
	if !read(w, r, &b) {
		return
	}
	s.mu.Lock()
	s.pushes++
	s.mu.Unlock()
	switch f := s.Faults(); f.Push {
	case "ignore":
		w.WriteHeader(http.StatusNoContent)
		return
	case "late":
		time.Sleep(time.Duration(min(f.PushMS, 60000)) * time.Millisecond) // also when the page has gone: it was asked
	}
	s.answerStatus(w, func(st status) bool { return st.Type == b.StatusType && st.System }, true)
}

func (s *Sim) answerStatus(w http.ResponseWriter, pick func(status) bool, wished bool) {
	if _, ok := s.set(pick, true, wished); !ok {
		reply(w, http.StatusNotFound, failed(404, "not_found", "There is no such status."))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sim) labFaults(w http.ResponseWriter, r *http.Request) {
	f := s.Faults()
	if read(w, r, &f) {
		s.SetFaults(f)
		reply(w, http.StatusOK, f)
	}
}

// labCall lets a customer call the agent.
func (s *Sim) labCall(w http.ResponseWriter, r *http.Request) {
	var b struct{ Number string }
	if !read(w, r, &b) {
		return
	}
	if s.config.CallAgent == nil {
		reply(w, http.StatusNotFound, map[string]string{"text": "No telephone network is connected."})
		return
	}
	if err := s.config.CallAgent(b.Number); err != nil {
		reply(w, http.StatusBadGateway, map[string]string{"text": "The call did not go out: " + err.Error() + "."})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
