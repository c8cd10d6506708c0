package gather

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/windows/registry"

	"sidetone/internal/doctor"
)

// browsers reads the policies in the registry, the computer's over the user's, and Firefox's file.
func browsers() []doctor.Browser {
	out := []doctor.Browser{
		{Name: "Chrome", Installed: program(`Google\Chrome\Application\chrome.exe`)},
		{Name: "Edge", Installed: program(`Microsoft\Edge\Application\msedge.exe`)},
		{Name: "Firefox", Firefox: true, Installed: program(`Mozilla Firefox\firefox.exe`)},
	}
	for i, path := range []string{`SOFTWARE\Policies\Google\Chrome`, `SOFTWARE\Policies\Microsoft\Edge`, `SOFTWARE\Policies\Mozilla\Firefox`} {
		out[i].Policy = map[string]any{}
		for _, root := range []registry.Key{registry.CURRENT_USER, registry.LOCAL_MACHINE} {
			v, err := key(root, path)
			if err != nil {
				out[i].Problems = append(out[i].Problems, path+": "+err.Error())
			}
			policy, _ := v.(map[string]any)
			for name, v := range policy {
				out[i].Policy[name] = v
			}
		}
	}
	if f := &out[2]; len(f.Policy) == 0 {
		firstFile(f, filepath.Join(os.Getenv("ProgramFiles"), "Mozilla Firefox", "distribution", "policies.json"))
	}
	return out
}

// program reports whether a program is in one of the folders of programs.
func program(path string) bool {
	return slices.ContainsFunc([]string{"ProgramFiles", "ProgramFiles(x86)", "LocalAppData"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(os.Getenv(name), path))
		return err == nil
	})
}

// key reads a key and all below it: values named 1, 2, ... are a list, everything else is named. One that is not there is nil.
func key(root registry.Key, path string) (any, error) {
	k, err := registry.OpenKey(root, path, registry.READ)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	values, err := k.ReadValueNames(-1)
	if err != nil {
		return nil, err
	}
	if len(values) > 0 && !slices.ContainsFunc(values, func(n string) bool { _, err := strconv.Atoi(n); return err != nil }) {
		return list(k, values), nil
	}
	out := map[string]any{}
	for _, n := range values {
		out[n] = value(k, n)
	}
	below, err := k.ReadSubKeyNames(-1)
	if err != nil {
		return nil, err
	}
	for _, n := range below {
		v, err := key(root, path+`\`+n)
		if err != nil {
			return nil, err
		}
		out[n] = v
	}
	return out, nil
}

func list(k registry.Key, names []string) []any {
	slices.SortFunc(names, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	var out []any
	for _, n := range names {
		out = append(out, value(k, n))
	}
	return out
}

// value is a number as true or false, and text, or the structure that it holds as JSON.
func value(k registry.Key, name string) any {
	if n, _, err := k.GetIntegerValue(name); err == nil {
		return n != 0
	}
	text, _, err := k.GetStringValue(name)
	if err != nil {
		lines, _, err := k.GetStringsValue(name)
		if err != nil {
			return nil
		}
		text = strings.Join(lines, "\n")
	}
	var structure any
	if strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") {
		if json.Unmarshal([]byte(text), &structure) == nil {
			return structure
		}
	}
	return text
}
