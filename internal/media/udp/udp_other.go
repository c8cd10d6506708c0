//go:build !linux

package udp

import "net"

// raw is how packets are read and sent here.
type raw struct{ plain }

func (raw) use(*net.UDPConn) {}
