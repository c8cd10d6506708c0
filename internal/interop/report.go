package interop

import (
	"context"
	_ "embed"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Row is one line of the table.
type Row struct {
	Peer      string `json:"peer"`
	Transport string `json:"transport"`
	Keying    string `json:"keying"`
	Feature   string `json:"feature"`
	Reason    string `json:"reason,omitempty"` // why it is not ok
}

// Report is what became of the matrix.
type Report struct {
	Programs []string `json:"programs"` // with their versions
	Rows     []Row    `json:"rows"`
}

// Failed is how many rows are not ok.
func (r Report) Failed() (n int) {
	for _, row := range r.Rows {
		if row.Reason != "" {
			n++
		}
	}
	return n
}

// result is one word, or the reason.
func (r Row) result() string {
	if r.Reason != "" {
		return r.Reason
	}
	return "ok"
}

// String is the table for a terminal.
func (r Report) String() string {
	var b strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintf(&b, "%-10s %-4s %-9s %-58s %s\n", row.Peer, row.Transport, row.Keying, row.Feature, row.result())
	}
	fmt.Fprintf(&b, "\n%d of %d ok.\n", len(r.Rows)-r.Failed(), len(r.Rows))
	return b.String()
}

//go:embed INTEROP.md
var document string

// Markdown is docs/INTEROP.md.
func (r Report) Markdown() string {
	var table, limits strings.Builder
	for _, row := range r.Rows {
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", row.Peer, row.Transport, row.Keying, row.Feature, strings.ReplaceAll(row.result(), "|", "\\|"))
	}
	for _, row := range Limits() {
		fmt.Fprintf(&limits, "| %s | %s | %s | %s | %s |\n", row.Peer, row.Transport, row.Keying, row.Feature, row.Reason)
	}
	return strings.NewReplacer("PROGRAMS", strings.Join(r.Programs, ", "), "TABLE\n", table.String(), "LIMITS\n", limits.String(),
		"COUNT", fmt.Sprintf("%d of %d rows are ok", len(r.Rows)-r.Failed(), len(r.Rows))).Replace(document)
}

// Limits are the rows that cannot be played, with the reason.
func Limits() []Row {
	return []Row{
		{"baresip", "wss", "-", "register", "baresip 1.0 speaks no SIP over WebSocket; calls with the phone on WSS are in the table"},
		{"linphonec", "wss", "-", "register", "linphonec 5.1 speaks no SIP over WebSocket"},
		{"baresip", "any", "any, ICE", "call in", "baresip 1.0 gives ICE up unless RTCP has candidates of its own, and looks for none on loopback"},
		{"linphonec", "any", "DTLS", "call in", "linphonec 5.1 cannot read the certificate of a far end that begins the handshake, and plays no sound before the next offer"},
		{"baresip", "any", "any", "digits by INFO, theirs", "baresip 1.0 sends digits as RFC 4733 events only"},
	}
}

// versions asks the programs what they are.
func versions(ctx context.Context) (out []string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, p := range []string{"kamailio", "rtpengine-daemon", "baresip", "linphone-cli", "sip-tester", "sipsak"} {
		v, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", p).Output()
		if err == nil {
			out = append(out, p+" "+string(v))
		}
	}
	return out
}
