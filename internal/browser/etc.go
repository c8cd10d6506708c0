package browser

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// withEtc writes a program into dir that runs the one at path with a folder laid over /etc. It gets a mount namespace of its own:
// nobody else on the machine sees the folder.
func withEtc(path, dir, etc string) (string, error) {
	if _, err := exec.LookPath("unshare"); err != nil {
		return "", errors.New("a policy for one browser alone needs unshare: install the package util-linux")
	}
	flags := "-m"
	if os.Getuid() != 0 {
		flags = "-Urm"
	}
	mount := "mount -t overlay overlay -o lowerdir=" + quote(etc) + `:/etc /etc && exec "$0" "$@"`
	script := "#!/bin/sh\nexec unshare " + flags + " sh -c " + quote(mount) + " " + quote(path) + " \"$@\"\n"
	to := filepath.Join(dir, "with-etc")
	return to, os.WriteFile(to, []byte(script), 0o700)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
