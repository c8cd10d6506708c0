package control

import "net"

// checkPeer accepts every client: on Windows the data folder lies in the user's profile, whose access list keeps other
// users from opening the socket, and the system names no peer.
func checkPeer(net.Conn) error { return nil }
