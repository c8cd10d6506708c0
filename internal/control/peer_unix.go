//go:build linux || darwin

package control

import "fmt"

// sameUser says what is wrong if the peer runs as somebody else.
func sameUser(peer, own int) error {
	if peer != own {
		return fmt.Errorf("it runs as user %d, not %d", peer, own)
	}
	return nil
}
