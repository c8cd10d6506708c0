package peers

import (
	"fmt"
	"net"
	"strings"
)

// RelayIP is the address of this machine through which sound goes that a relay carries.
const RelayIP = "127.0.0.9"

// Relayed puts rtpengine into the way of every call's sound. It runs without its kernel module.
func Relayed(t T) With {
	ng := fmt.Sprintf("127.0.0.1:%d", FreePort(t))
	low := freePorts(t, 200)
	p := Start(t, "rtpengine", "--config-file=none", "--foreground", "--table=-1", "--interface="+RelayIP, "--listen-ng="+ng, fmt.Sprintf("--listen-cli=127.0.0.1:%d", FreePort(t)), fmt.Sprintf("--port-min=%d", low),
		fmt.Sprintf("--port-max=%d", low+200), "--log-stderr", "--log-level=6", "--pidfile="+t.TempDir()+"/pid")
	p.Asked("listening", func() bool {
		if p.Gone() {
			t.Fatalf("rtpengine does not start:\n%s", p.Said())
		}
		return pings(ng)
	})
	return func(k *Kamailio) { k.define("RELAY", "udp:"+ng) }
}

// pings asks the relay whether it is there (its "ng" protocol: a cookie and a bencoded dictionary).
func pings(at string) bool {
	conn, err := net.Dial("udp", at)
	if err != nil {
		return false
	}
	defer conn.Close()
	b := make([]byte, 200)
	if _, err := fmt.Fprint(conn, "1 d7:command4:pinge"); err != nil || conn.SetReadDeadline(soon()) != nil {
		return false
	}
	n, err := conn.Read(b)
	return err == nil && strings.Contains(string(b[:n]), "pong")
}

// Toward makes the relay speak to the user 1001 as its flags say, such as RTP/SAVP or ICE=force, and plain RTP to everybody else.
func Toward(flags string) With {
	return func(k *Kamailio) { k.define("TOWARD", flags) }
}
