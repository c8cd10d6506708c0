package sip

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	sipmsg "github.com/emiago/sipgo/sip"

	"sidetone/sip/flow"
	"sidetone/sip/locate"
)

// meaning says what a final response to REGISTER means to a person.
func (b *binding) meaning(x *exchange, res *sipmsg.Response) string {
	name, status := "The server at "+b.route.name(), res.StatusCode
	switch {
	case status < 300:
		return name + " ended the registration at once."
	case status == 423:
		return name + " does not accept the registration time."
	case status == 401, status == 407, status == 403 && x.credentialed() && !b.proved:
		return name + " does not accept the user name or password."
	case status == 404:
		return name + " does not know this account."
	case status == 408, status >= 500 && status < 600, status == 480:
		return fmt.Sprintf("%s cannot register this phone now (%d).", name, status)
	}
	return fmt.Sprintf("%s refused the registration (%d %s).", name, status, printable(res.Reason))
}

// cannotReach says why there is no way to the server.
func (b *binding) cannotReach(err error) string {
	name := b.route.name()
	var f *flow.Fault
	switch {
	case errors.As(err, &f):
		return f.Text
	case errors.Is(err, sipmsg.ErrTransactionTimeout):
		return "The server at " + name + " does not answer."
	case errors.Is(err, locate.ErrNoName):
		return "The name " + b.route.server.Host + " cannot be found."
	case errors.Is(err, locate.ErrNoService):
		return "The domain " + b.route.server.Host + " says that it has no telephone server."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "The server at " + name + " refuses the connection."
	}
	return "The server at " + name + " cannot be reached."
}

// cannotKeep says why a connection is over.
func (b *binding) cannotKeep(err error) string {
	var f *flow.Fault
	switch {
	case errors.As(err, &f):
		return f.Text
	case errors.Is(err, flow.ErrSilent), errors.Is(err, flow.ErrCongested):
		return "The server at " + b.route.name() + " does not answer any more."
	case errors.Is(err, flow.ErrFraming):
		return "What answers at " + b.route.name() + " does not speak SIP."
	}
	return "The server at " + b.route.name() + " closed the connection."
}

// sentence gives a text a capital letter and a full stop.
func sentence(s string) string {
	s = clean(s, 512)
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}
