package app

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// instance is the name by which registrars know this phone again (RFC 5626 §4.1): a UUID, made once and kept in the data folder.
// Without a file that can be kept there is none.
func instance(dir string) string {
	path := filepath.Join(dir, "instance")
	if b, err := os.ReadFile(path); err == nil {
		if id := strings.TrimSpace(string(b)); regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(id) {
			return id
		}
	}
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	if err := os.WriteFile(path, []byte(id+"\n"), 0o600); err != nil {
		return ""
	}
	return id
}
