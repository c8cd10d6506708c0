package config

import (
	"strings"
	"testing"
)

func TestICEServers(t *testing.T) {
	for _, good := range []string{
		`ice_servers = ["stun:stun.example.com", "stun:192.0.2.1:3478", "stuns:[2001:db8::1]:5349"]`,
		"turn_user = \"phone\"\nice_servers = [\"turn:turn.example.com:3478?transport=tcp\", \"turns:turn.example.com\"]",
	} {
		if _, err := Parse([]byte("[media]\n" + good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, says := range map[string]string{
		`ice_servers = ["stun.example.com"]`:                               "line 2: media.ice_servers has \"stun.example.com\": write stun:host:port",
		`ice_servers = ["stun:example.com?transport=udp"]`:                 "write stun:host:port",
		`ice_servers = ["turn:example.com"]`:                               "sidetonectl password media.turn",
		`ice_servers = ["stun:a", "stun:b", "stun:c", "stun:d", "stun:e"]`: "has 5: 4 are the most",
		`ice_servers = ["turn:phone:secret@example.com"]`:                  "write stun:host:port",
		`turn_password = "secret"`:                                         "a password never goes into this file",
	} {
		if _, err := Parse([]byte("[media]\n" + bad)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
