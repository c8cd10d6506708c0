//go:build !linux

package gather

import "sidetone/internal/doctor"

// sockets sees nothing here: only whether a port is free is known, not who holds it.
func sockets() ([]doctor.Socket, bool) { return nil, false }
