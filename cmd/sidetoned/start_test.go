//go:build linux

package main

import (
	"testing"

	"sidetone/internal/peers"
)

// These tests put the phone among programs that are not ours: kamailio is the server, baresip the far end.

func startAt(t *testing.T, server, extra string) *peers.Phone {
	t.Helper()
	return startWith(t, "secret-1001", server, extra)
}

func startAtKamailio(t *testing.T, k *peers.Kamailio, extra string) *peers.Phone {
	t.Helper()
	d := startAt(t, k.Addr, extra)
	d.Ready()
	return d
}
