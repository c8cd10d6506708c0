package config

import (
	"fmt"
	"regexp"
	"strings"
)

// TURNPassword is the name in the keyring of the password for turn_user; no account can have it.
const TURNPassword = "media.turn"

// mostICEServers bounds them: each is asked before a call can begin.
const mostICEServers = 4

// checkICE looks at the forms of RFC 7064 and RFC 7065.
func (m Media) checkICE() error {
	form := regexp.MustCompile(`^(stuns?|turns?):([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(\?transport=(udp|tcp))?$`)
	if len(m.ICEServers) > mostICEServers {
		return at(fmt.Errorf("media.ice_servers has %d: %d are the most", len(m.ICEServers), mostICEServers), "media", "ice_servers")
	}
	for _, s := range m.ICEServers {
		parts := form.FindStringSubmatch(s)
		if parts == nil || parts[4] != "" && strings.HasPrefix(s, "stun") {
			return at(fmt.Errorf("media.ice_servers has %q: write stun:host:port, turn:host:port or turn:host:port?transport=tcp", s), "media", "ice_servers")
		}
		if strings.HasPrefix(s, "turn") && m.TURNUser == "" {
			return at(fmt.Errorf("media.ice_servers has %q: a relay wants a name, write it as turn_user, and its password with sidetonectl password %s", s, TURNPassword), "media", "ice_servers")
		}
	}
	return nil
}
