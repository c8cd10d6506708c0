package media

import (
	"sidetone/internal/call"
	"sidetone/internal/sdp"
)

// security is what an account's calls ask for.
func (c Config) security(account string) sdp.Security {
	switch c.account(account).Encryption {
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
