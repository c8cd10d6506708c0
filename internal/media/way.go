package media

import (
	"context"
	"errors"
	"fmt"

	"github.com/pion/stun/v4"

	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// security is what an account's calls ask for.
func (c Config) security(account call.Account) sdp.Security {
	if account.Profile == "webrtc" {
		return sdp.Required
	}
	switch account.Encryption {
	case "off":
		return sdp.Plain
	case "offered":
		return sdp.Offered
	case "required":
		return sdp.Required
	}
	if c.Secure {
		return sdp.Wanted
	}
	return sdp.Plain
}

func (c Config) account(id string) call.Account {
	if c.Account == nil {
		return call.Account{}
	}
	return c.Account(id)
}

// servers are those that tell where this computer is seen (STUN), or relay for it (TURN) where the password is known.
func (c Config) servers(ctx context.Context) (out []*stun.URI, err error) {
	password := ""
	asked := false
	for _, text := range c.ICEServers {
		u, wrong := stun.ParseURI(text)
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("the server %q cannot be asked: %w", text, wrong))
			continue
		}
		if u.Scheme == stun.SchemeTypeTURN || u.Scheme == stun.SchemeTypeTURNS {
			if !asked && c.TURNPassword != nil {
				var none error
				password, none = c.TURNPassword(ctx)
				err, asked = errors.Join(err, none), true
			}
			if password == "" {
				continue
			}
			u.Username, u.Password = c.TURNUser, password
		}
		out = append(out, u)
	}
	return out, err
}
