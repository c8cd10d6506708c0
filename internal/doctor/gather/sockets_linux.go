package gather

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sidetone/internal/doctor"
)

// sockets reads who listens from the kernel. The programs of other users stay without a name.
func sockets() ([]doctor.Socket, bool) { return socketsIn("/proc") }

func socketsIn(proc string) ([]doctor.Socket, bool) {
	var out []doctor.Socket
	var inodes []string
	seen := false
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(proc, "net", name))
		if err != nil {
			continue
		}
		seen = true
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if at, inode, ok := listening(lines.Text()); ok {
				out, inodes = append(out, doctor.Socket{At: at}), append(inodes, inode)
			}
		}
		f.Close()
	}
	holders := programs(proc)
	for i := range out {
		out[i].Holder = holders["socket:["+inodes[i]+"]"]
	}
	return out, seen
}

// listening reads one line of /proc/net/tcp or tcp6: number, local address, remote address, state, ..., inode in the tenth
// column. 0A is the state of a socket that listens.
func listening(line string) (netip.AddrPort, string, bool) {
	column := strings.Fields(line)
	if len(column) < 10 || column[3] != "0A" {
		return netip.AddrPort{}, "", false
	}
	host, port, _ := strings.Cut(column[1], ":")
	n, err := strconv.ParseUint(port, 16, 16)
	raw, wrong := hex.DecodeString(host)
	if err != nil || wrong != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, "", false
	}
	for i := 0; i < len(raw); i += 4 { // words in the machine's own order
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	a, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(a, uint16(n)), column[9], ok
}

// programs finds the program behind each socket among the processes that this user may look at.
func programs(proc string) map[string]string {
	out := map[string]string{}
	files, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "fd", "*"))
	if err != nil {
		return out
	}
	for _, f := range files {
		to, err := os.Readlink(f)
		if err != nil || !strings.HasPrefix(to, "socket:[") || out[to] != "" {
			continue
		}
		dir := filepath.Dir(filepath.Dir(f))
		name, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err == nil {
			out[to] = strings.TrimSpace(string(name)) + " (process " + filepath.Base(dir) + ")"
		}
	}
	return out
}
