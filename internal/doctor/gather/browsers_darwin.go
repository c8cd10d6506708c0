package gather

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"sidetone/internal/doctor"
)

// managed is where macOS keeps what configuration profiles say.
const managed = "/Library/Managed Preferences"

// browsers reads the managed preferences of each browser, and Firefox's file.
func browsers() []doctor.Browser {
	out := []doctor.Browser{
		{Name: "Chrome", Installed: bundled("Google Chrome")}, {Name: "Edge", Installed: bundled("Microsoft Edge")},
		{Name: "Firefox", Firefox: true, Installed: bundled("Firefox")},
	}
	for i, domain := range []string{"com.google.Chrome", "com.microsoft.Edge", "org.mozilla.firefox"} {
		preferences(&out[i], domain)
	}
	if f := &out[2]; len(f.Policy) == 0 {
		firstFile(f, "/Applications/Firefox.app/Contents/Resources/distribution/policies.json")
	}
	return out
}

func bundled(name string) bool {
	_, err := os.Stat("/Applications/" + name + ".app")
	return err == nil
}

// preferences reads the computer's and the user's part; the user's counts where both say something.
func preferences(b *doctor.Browser, domain string) {
	b.Policy = map[string]any{}
	files := []string{filepath.Join(managed, domain+".plist")}
	if u, err := user.Current(); err == nil {
		files = append(files, filepath.Join(managed, u.Username, domain+".plist"))
	}
	for _, f := range files {
		if _, err := os.Stat(f); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		policy, err := propertyList(f)
		if err != nil {
			b.Problems = append(b.Problems, f+": "+err.Error())
		}
		for name, v := range policy {
			b.Policy[name] = v
		}
	}
}

// propertyList has the system turn a property list, which may be binary, into JSON.
func propertyList(path string) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, "/usr/bin/plutil", "-convert", "json", "-o", "-", path).Output()
	if err != nil {
		return nil, errors.New("plutil cannot read it: " + strings.TrimSpace(err.Error()))
	}
	var out map[string]any
	return out, json.Unmarshal(text, &out)
}
