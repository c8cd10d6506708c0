package peers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"time"
)

// tables are where Debian keeps kamailio's empty text database.
const tables = "/usr/share/kamailio/dbtext/kamailio"

// Watchers makes the server one of presence: it takes subscriptions and publications, and tells of the calls it sees (RFC 6665, 3903,
// 4235).
func Watchers(t T) With {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(tables)); err != nil {
		t.Fatal(err)
	}
	return func(k *Kamailio) { k.define("WATCHERS", dir) }
}

// Messages lets the server know what waits in a user's mailbox, as a voicemail server does (RFC 3842).
func (k *Kamailio) Messages(user, summary string) {
	k.t.Helper()
	conn, err := net.Dial("udp", k.Addr)
	if err != nil {
		k.t.Fatal(err)
	}
	defer conn.Close()
	aor, id := "sip:"+user+"@"+k.Addr, rand.Uint64()
	_, err = fmt.Fprintf(conn, "PUBLISH %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%x;rport\r\nMax-Forwards: 9\r\nFrom: <%s>;tag=%x\r\nTo: <%s>\r\n"+
		"Call-ID: %x\r\nCSeq: 1 PUBLISH\r\nEvent: message-summary\r\nExpires: 600\r\nContent-Type: application/simple-message-summary\r\nContent-Length: %d\r\n\r\n%s",
		aor, conn.LocalAddr(), id, aor, id, aor, id, len(summary), summary)
	b := make([]byte, 4096)
	if err = errors.Join(err, conn.SetReadDeadline(time.Now().Add(patience))); err != nil {
		k.t.Fatal(err)
	}
	n, err := conn.Read(b)
	if res := string(b[:n]); err != nil || !strings.HasPrefix(res, "SIP/2.0 200") {
		k.t.Fatalf("kamailio took no message: %v %s", err, res)
	}
}
