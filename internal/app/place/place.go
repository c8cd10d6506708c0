// Package place says where on this system Sidetone keeps its data folder.
package place

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// DataDir is the data folder of this user when none is given: $XDG_DATA_HOME/sidetone (~/.local/share/sidetone) on Linux,
// the application data folder on Windows and macOS. Without a home it is ".sidetone" in the working directory.
func DataDir() string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		if dir, err := os.UserConfigDir(); err == nil {
			return filepath.Join(dir, "Sidetone")
		}
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sidetone")
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "share", "sidetone")
	}
	return ".sidetone"
}

// Check says what is wrong with the name of a data folder, or nil.
func Check(dir string) error {
	if strings.TrimSpace(dir) == "" {
		return errors.New("--data-dir is empty: name a folder, or leave it out for the usual one")
	}
	return nil
}
