package control

import (
	"bufio"
	"context"
	"encoding/json"

	"sidetone/internal/devices"
)

// Sound is what the socket offers of microphones and speakers. Errors are sentences.
type Sound interface {
	Devices() ([]devices.Listed, error)
	Use(kind string, names []string) error
	Try(ctx context.Context, what string, tell func(devices.Trial)) error
}

// try tests a device until that is over or the client goes away.
func (s *Server) try(ctx context.Context, in *bufio.Scanner, out *json.Encoder, what string) {
	ctx, cancel := untilGone(ctx, in)
	defer cancel()
	err := s.sound.Try(ctx, what, func(t devices.Trial) {
		if out.Encode(Reply{OK: true, Trial: &t}) != nil {
			cancel()
		}
	})
	_ = out.Encode(reply("", err)) // who has gone needs no answer
}
