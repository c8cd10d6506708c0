//go:build linux || darwin

package control

import "testing"

func TestOtherUsersAreTurnedAway(t *testing.T) {
	if sameUser(1000, 1000) != nil || sameUser(1001, 1000) == nil {
		t.Error("the peer's user is not compared")
	}
}
