package kustomersim

import (
	"maps"
	"slices"
	"time"
)

// status is one routing status of the organisation.
type status struct {
	ID, Name, Type string
	System         bool
	Map            map[string]string // external queue to external status
}

// resource is the status as the API shows it.
func (s status) resource() map[string]any {
	return map[string]any{
		"id": s.ID, "type": "status",
		"attributes": map[string]any{
			"name": s.Name, "statusType": s.Type, "system": s.System, "selectable": s.Type != "busy", "enabled": true, "externalStatusMap": s.Map,
		},
		"links": map[string]any{"self": "/v1/routing/statuses/" + s.ID},
	}
}

// routing is what the organisation knows of statuses and of its one agent. Sim.mu guards it.
type routing struct {
	statuses []status
	agent    string // id of the agent's status
	since    time.Time
}

// otherQueue is an external queue of somebody else, whose mapping must survive.
const otherQueue = "example_voice"

func newRouting() *routing {
	of := func(id, name, kind string, system bool) status {
		return status{ID: "status-" + id, Name: name, Type: kind, System: system, Map: map[string]string{otherQueue: "ext-" + id}}
	}
	return &routing{agent: "status-offline", since: time.Now(), statuses: []status{
		of("available", "Available", "available", true), of("busy", "Busy", "busy", true),
		of("unavailable", "Unavailable", "unavailable", true), of("lunch", "Lunch", "unavailable", false),
		of("training", "Training", "unavailable", false), of("offline", "Offline", "offline", true),
	}}
}

func (r *routing) index(id string) int {
	return slices.IndexFunc(r.statuses, func(s status) bool { return s.ID == id })
}

func (r *routing) now() status { return r.statuses[r.index(r.agent)] }

func (r *routing) choose(pick func(status) bool) (status, bool) {
	i := slices.IndexFunc(r.statuses, pick)
	if i < 0 {
		return status{}, false
	}
	r.agent, r.since = r.statuses[i].ID, time.Now()
	return r.statuses[i], true
}

func (r *routing) mapOf(id string) map[string]string {
	if i := r.index(id); i >= 0 {
		return maps.Clone(r.statuses[i].Map)
	}
	return nil
}

func (r *routing) setMap(id string, m map[string]string) bool {
	i := r.index(id)
	if i >= 0 {
		r.statuses[i].Map = maps.Clone(m)
	}
	return i >= 0
}

// list is every status as the API shows it.
func (r *routing) list() []map[string]any {
	var out []map[string]any
	for _, s := range r.statuses {
		c := s
		c.Map = maps.Clone(s.Map)
		out = append(out, c.resource())
	}
	return out
}

// session is the agent's work session as the API shows it.
func (r *routing) session() map[string]any {
	now := r.now()
	return map[string]any{
		"id": "session-1", "type": "work-session",
		"attributes": map[string]any{
			"statusType": now.Type, "routable": now.Type == "available", "workItemCount": 0, "signedInAt": r.since.UTC().Format(time.RFC3339),
		},
		"relationships": map[string]any{
			"user":   map[string]any{"data": map[string]any{"type": "user", "id": "user-1"}},
			"status": map[string]any{"data": map[string]any{"type": "status", "id": now.ID}},
		},
	}
}
