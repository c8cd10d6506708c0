package config

import (
	"fmt"
	"slices"

	"sidetone/internal/customer"
)

// Kustomer is the [kustomer] table: what the phone does there.
type Kustomer struct {
	// Hosts are exact origins Kustomer is opened at, beside those below kustomerapp.com: "https://desk.example.com".
	Hosts []string `toml:"hosts,omitempty"`
	// Pop says when a known caller is opened by itself: "ring", "answer" or "click", which is never. Empty: "answer".
	Pop string `toml:"pop,omitempty"`
}

// PopRule is Pop with its default. An agent may be in the middle of a reply when it rings, and another may take the call:
// what opens must not be what they look at then. Who calls is shown at the ring anyway.
func (k Kustomer) PopRule() customer.Rule {
	if k.Pop == "" {
		return customer.OnAnswer
	}
	return customer.Rule(k.Pop)
}

func (k Kustomer) check() error {
	for _, o := range k.Hosts {
		if !isOrigin(o) {
			return at(fmt.Errorf("kustomer.hosts has %q: write it as https://host, without a path", o), "kustomer", "hosts")
		}
	}
	if !slices.Contains([]string{"", "ring", "answer", "click"}, k.Pop) {
		return at(fmt.Errorf("kustomer.pop is %q: use ring, answer or click", k.Pop), "kustomer", "pop")
	}
	return nil
}
