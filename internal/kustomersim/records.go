package kustomersim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Message is one entry of a customer's timeline.
type Message struct {
	ID           string         `json:"id"`
	Conversation string         `json:"conversation"`
	Customer     string         `json:"customer"`
	External     string         `json:"externalId"`
	Channel      string         `json:"channel"`
	App          string         `json:"app"`
	Direction    string         `json:"direction"`
	Kind         string         `json:"directionType"`
	Subject      string         `json:"subject"`
	Preview      string         `json:"preview"`
	SentAt       time.Time      `json:"sentAt"`
	Meta         map[string]any `json:"meta"`
}

// person is a customer.
type person struct {
	id, name, mail, company string
	phones, shared          []map[string]any
}

// talk is a conversation.
type talk struct {
	id, customer, name, status, direction, external string
	at                                              time.Time
}

// records is what the organisation has on its customers. Sim.mu guards it.
type records struct {
	people   []person
	talks    []talk
	messages []Message
	ids      int
}

// companies have names by their ids.
func companies() map[string]string { return map[string]string{"company-1": "Example Ltd"} }

func phone(number, kind string) map[string]any {
	return map[string]any{"phone": number, "type": kind, "verified": true}
}

// newRecords is one well-known customer, two who share a number, and what was said so far.
func newRecords(now time.Time) *records {
	shared := []map[string]any{phone("+12025550177", "home")}
	return &records{
		people: []person{
			{id: "customer-1", name: "Customer A. Example", mail: "customer.a@example.com", company: "company-1", phones: []map[string]any{
				phone("+12025550142", "mobile"), phone("(202) 555-0119", "home"), phone("9196", "echo"), phone("9486", "busy"), phone("9408", "never answers"),
			}},
			{id: "customer-2", name: "Customer B. Sample", mail: "customer.b@example.com", shared: shared},
			{id: "customer-3", name: "Customer C. Sample", mail: "customer.c@example.com", company: "company-1", shared: shared},
			{id: "customer-4", name: "Customer D. Example", mail: "customer.d@example.com", company: "company-1", phones: []map[string]any{phone("+12025550188", "mobile")}},
		},
		talks: []talk{
			{id: "talk-1", customer: "customer-1", name: "Where is my order?", status: "open", direction: "in", at: now.Add(-2 * 24 * time.Hour)},
			{id: "talk-2", customer: "customer-1", name: "Change of address", status: "done", direction: "in", at: now.Add(-time.Hour)},
			{id: "talk-3", customer: "customer-3", name: "Invoice of May", status: "done", direction: "in", at: now.Add(-9 * 24 * time.Hour)},
			{id: "talk-4", customer: "customer-4", name: "The handle is loose", status: "open", direction: "in", at: now.Add(-3 * time.Hour)},
		},
		messages: []Message{
			{ID: "message-1", Conversation: "talk-1", Customer: "customer-1", Channel: "email", Direction: "in", Preview: "Hello, the parcel was due on Friday. Could you call me about it?", SentAt: now.Add(-49 * time.Hour)},
			{ID: "message-2", Conversation: "talk-1", Customer: "customer-1", Channel: "email", Direction: "out", Preview: "Thank you for your message. We are asking the carrier.", SentAt: now.Add(-48 * time.Hour)},
			{ID: "message-3", Conversation: "talk-2", Customer: "customer-1", Channel: "chat", Direction: "in", Preview: "Please note my new address.", SentAt: now.Add(-time.Hour)},
			{ID: "message-4", Conversation: "talk-4", Customer: "customer-4", Channel: "chat", Direction: "in", Preview: "The handle of my kettle is loose. Can I get a new one?", SentAt: now.Add(-3 * time.Hour)},
		},
		ids: 100,
	}
}

func (r *records) id(kind string) string {
	r.ids++
	return fmt.Sprintf("%s-%d", kind, r.ids)
}

// has reports whether a number is among phones, however it is written.
func has(phones []map[string]any, number string) bool {
	digits := func(s string) string {
		return strings.TrimPrefix(strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s), "1")
	}
	return slices.ContainsFunc(phones, func(p map[string]any) bool { return digits(p["phone"].(string)) == digits(number) })
}

func (p person) resource() map[string]any {
	out := map[string]any{
		"id": p.id, "type": "customer",
		"attributes": map[string]any{
			"name": p.name, "displayName": p.name, "emails": []any{map[string]any{"email": p.mail, "type": "home"}}, "phones": p.phones, "sharedPhones": p.shared,
		},
	}
	if p.company != "" {
		out["relationships"] = map[string]any{"company": map[string]any{"data": map[string]any{"type": "company", "id": p.company}}}
	}
	return out
}

func (t talk) resource() map[string]any {
	return map[string]any{
		"id": t.id, "type": "conversation",
		"attributes": map[string]any{
			"name": t.name, "status": t.status, "direction": t.direction, "externalId": t.external, "updatedAt": t.at.UTC().Format(time.RFC3339Nano),
		},
		"relationships": map[string]any{"customer": map[string]any{"data": map[string]any{"type": "customer", "id": t.customer}}},
	}
}

func (m Message) resource() map[string]any {
	return map[string]any{
		"id": m.ID, "type": "message",
		"attributes": map[string]any{
			"externalId": m.External, "channel": m.Channel, "app": m.App, "direction": m.Direction, "subject": m.Subject, "preview": m.Preview,
			"sentAt": m.SentAt.UTC().Format(time.RFC3339Nano), "meta": m.Meta,
		},
		"relationships": map[string]any{"conversation": map[string]any{"data": map[string]any{"type": "conversation", "id": m.Conversation}}},
	}
}

// answer is what the API says to a request about records; false if it is none.
func (r *records) answer(method, path string, body json.RawMessage, now time.Time) (answer, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")
	key, value, named := strings.Cut(parts[len(parts)-1], "=")
	switch method + " " + strings.Join(append(parts[:1:1], shape(parts)...), "/") {
	case "GET customers/=":
		return r.customerBy(value, named && key == "phone"), true
	case "POST customers/search":
		return r.search(body), true
	case "POST customers":
		return r.create(body), true
	case "GET customers/id/conversations":
		return r.talksOf(parts[1]), true
	case "POST customers/id/conversations":
		return r.begin(parts[1], body, now), true
	case "GET companies/id":
		return company(parts[1]), true
	case "GET conversations/=":
		return r.talkBy(func(t talk) bool { return key == "externalId" && t.external == value }), true
	case "PUT conversations/id":
		return r.change(parts[1], body), true
	case "POST conversations/id/messages":
		return r.write(parts[1], body, now), true
	case "GET messages/=":
		return r.messageBy(value, key == "externalid"), true
	}
	return answer{}, false
}

// shape writes what follows the first part of a path as a pattern: "=" for name=value, "id" for an id, words as they are.
func shape(parts []string) []string {
	var out []string
	for _, p := range parts[1:] {
		switch {
		case strings.Contains(p, "="):
			out = append(out, "=")
		case slices.Contains([]string{"search", "conversations", "messages"}, p):
			out = append(out, p)
		default:
			out = append(out, "id")
		}
	}
	return out
}

func missing(what string) answer { return failed(404, "not_found", "There is no such "+what+".") }

func (r *records) customerBy(number string, byPhone bool) answer {
	for _, p := range r.people {
		if byPhone && has(p.phones, number) {
			return answer{Data: p.resource()}
		}
	}
	return missing("customer")
}

// search finds shared numbers; it understands no other question.
func (r *records) search(body json.RawMessage) answer {
	var q struct {
		And []struct {
			Shared struct{ Equals string } `json:"customer_shared_phone"`
		}
	}
	if json.Unmarshal(body, &q) != nil || len(q.And) != 1 || q.And[0].Shared.Equals == "" {
		return failed(400, "bad_request", "The search is not understood.")
	}
	out := []any{}
	for _, p := range r.people {
		if has(p.shared, q.And[0].Shared.Equals) {
			out = append(out, p.resource())
		}
	}
	return answer{Data: out}
}

func (r *records) create(body json.RawMessage) answer {
	var b struct {
		Name   string
		Phones []struct{ Phone, Type string }
	}
	if json.Unmarshal(body, &b) != nil || b.Name == "" || len(b.Phones) != 1 || !strings.HasPrefix(b.Phones[0].Phone, "+") {
		return failed(400, "bad_request", "A customer has a name and a phone in E.164.")
	}
	number := b.Phones[0].Phone
	if slices.ContainsFunc(r.people, func(p person) bool { return has(p.phones, number) }) {
		return failed(409, "conflict", "Another customer has this phone.")
	}
	p := person{id: r.id("customer"), name: b.Name, phones: []map[string]any{phone(number, b.Phones[0].Type)}}
	r.people = append(r.people, p)
	return answer{Data: p.resource()}
}

func (r *records) talksOf(customer string) answer {
	if !slices.ContainsFunc(r.people, func(p person) bool { return p.id == customer }) {
		return missing("customer")
	}
	out := []any{}
	for _, t := range r.talks {
		if t.customer == customer {
			out = append(out, t.resource())
		}
	}
	return answer{Data: out}
}

func (r *records) begin(customer string, body json.RawMessage, now time.Time) answer {
	var b struct{ Name, Direction, Status, ExternalID string }
	if json.Unmarshal(body, &b) != nil || !slices.Contains([]string{"open", "done"}, b.Status) {
		return failed(400, "bad_request", "A conversation is open or done.")
	}
	if a := r.talksOf(customer); a.Err != nil {
		return a
	}
	t := talk{id: r.id("talk"), customer: customer, name: b.Name, status: b.Status, direction: b.Direction, external: b.ExternalID, at: now}
	r.talks = append(r.talks, t)
	return answer{Data: t.resource()}
}

func company(id string) answer {
	name, ok := companies()[id]
	if !ok {
		return missing("company")
	}
	return answer{Data: map[string]any{"id": id, "type": "company", "attributes": map[string]any{"name": name}}}
}

func (r *records) talkBy(is func(talk) bool) answer {
	if i := slices.IndexFunc(r.talks, is); i >= 0 {
		return answer{Data: r.talks[i].resource()}
	}
	return missing("conversation")
}

func (r *records) change(id string, body json.RawMessage) answer {
	var b struct{ Status string }
	i := slices.IndexFunc(r.talks, func(t talk) bool { return t.id == id })
	if i < 0 || json.Unmarshal(body, &b) != nil {
		return missing("conversation")
	}
	r.talks[i].status = b.Status
	return answer{Data: r.talks[i].resource()}
}

// write adds a message. A customer's own reopens a conversation that was done, as Kustomer does.
func (r *records) write(id string, body json.RawMessage, now time.Time) answer {
	i := slices.IndexFunc(r.talks, func(t talk) bool { return t.id == id })
	if i < 0 {
		return missing("conversation")
	}
	var m Message
	if err := json.Unmarshal(body, &m); err != nil || m.Channel == "" || m.App == "" {
		return failed(400, "bad_request", "A message has a channel and an app.")
	}
	m.ID, m.Conversation, m.Customer = r.id("message"), id, r.talks[i].customer
	if m.SentAt.IsZero() {
		m.SentAt = now
	}
	r.messages = append(r.messages, m)
	r.talks[i].at = now
	if m.Direction == "in" {
		r.talks[i].status = "open"
	}
	return answer{Data: m.resource()}
}

func (r *records) messageBy(external string, named bool) answer {
	i := slices.IndexFunc(r.messages, func(m Message) bool { return named && m.External == external && external != "" })
	if i < 0 {
		return missing("message")
	}
	return answer{Data: r.messages[i].resource()}
}

// Messages returns the voice messages in all timelines, oldest first.
func (s *Sim) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.records.messages), func(m Message) bool { return m.Channel != "voice" })
}

// ConversationStatus is "open" or "done", "" if there is no such conversation.
func (s *Sim) ConversationStatus(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.records.talks {
		if t.id == id {
			return t.status
		}
	}
	return ""
}

// labTimeline is a customer's page: everything said, oldest first, with the conversation it belongs to.
func (s *Sim) labTimeline(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.records.people, func(p person) bool { return p.id == id })
	if i < 0 {
		reply(w, http.StatusNotFound, missing("customer"))
		return
	}
	talks := []map[string]any{}
	for _, t := range s.records.talks {
		if t.customer != id {
			continue
		}
		of := slices.DeleteFunc(slices.Clone(s.records.messages), func(m Message) bool { return m.Conversation != t.id })
		talks = append(talks, map[string]any{"conversation": t.resource(), "messages": of})
	}
	reply(w, http.StatusOK, map[string]any{"customer": s.records.people[i].resource(), "company": companies()[s.records.people[i].company], "talks": talks})
}
