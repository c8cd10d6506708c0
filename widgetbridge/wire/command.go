package wire

import (
	"errors"
	"strings"

	"sidetone/internal/call"
)

// Command is a button of the widget.
type Command struct {
	ID     string `json:"id"`
	Do     string `json:"do"`
	Call   string `json:"call,omitempty"`
	Digits string `json:"digits,omitempty"`
	Status string `json:"status,omitempty"`

	Customer string `json:"customer,omitempty"` // Kustomer's id of one
	Text     string `json:"text,omitempty"`     // of a note, at most 1000 characters, or a disposition
}

func (c *Command) check() error {
	switch {
	case !token(c.ID):
		return errors.New("id is not 1 to 64 letters, digits or dashes")
	case !oneOf(c.Do, "answer decline hangup hold resume mute unmute dtmf presence next more done open choose create note disposition"):
		return errors.New("do is not something a widget may ask for")
	case c.Call != "" && !token(c.Call) || c.Customer != "" && !token(c.Customer):
		return errors.New("call or customer is not one")
	case len([]rune(c.Text)) > 1000 || !printable(strings.ReplaceAll(c.Text, "\n", "")):
		return errors.New("text is too long or not printable")
	case len(c.Digits) > 32 || strings.Trim(c.Digits, "0123456789*#ABCD") != "":
		return errors.New("digits are not keys")
	case c.Status != "" && !oneOf(c.Status, "available busy wrap-up unavailable offline"):
		return errors.New("status is not one")
	}
	return nil
}

func (c *Command) tidy() { c.Text = call.PlainText(c.Text) }
