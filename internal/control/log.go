package control

import (
	"context"
	"encoding/json"

	"sidetone/sync/calllog"
)

// Log is the verb for the calls that go into Kustomer, newest first; Request.Limit bounds them.
const Log = "log"

// Outbox is where Log looks.
type Outbox interface {
	Outbox(ctx context.Context, limit int) ([]calllog.Entry, error)
}

// outboxOf answers Log.
func (s *Server) outboxOf(ctx context.Context, out *json.Encoder, limit int) bool {
	entries, err := s.outbox.Outbox(ctx, limit)
	if err != nil {
		return out.Encode(Reply{Text: err.Error()}) == nil
	}
	return out.Encode(Reply{OK: true, Entries: entries}) == nil
}
