package gather

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sidetone/internal/doctor"
)

// maxPolicy bounds a policy file, in octets.
const maxPolicy = 1 << 20

// read reads a policy file. One that is not there is nil.
func read(path string) (map[string]any, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && info.Size() > maxPolicy {
		err = errors.New("it is too long")
	}
	var b []byte
	if err == nil {
		b, err = os.ReadFile(path)
	}
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return nil, errors.New(path + ": " + reason(err))
	}
	return out, nil
}

// folders reads the folders of policy files of Chrome's family in the order of the files' names: of a policy that several
// set, the last counts.
func folders(b *doctor.Browser, dirs ...string) {
	b.Policy = map[string]any{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.json"))
		if err != nil {
			continue
		}
		slices.Sort(files)
		for _, f := range files {
			policy, err := read(f)
			if err != nil {
				b.Problems = append(b.Problems, err.Error())
			}
			for name, v := range policy {
				if b.Policy[name] != nil && !slices.Contains(b.Twice, name) {
					b.Twice = append(b.Twice, name)
				}
				b.Policy[name] = v
			}
		}
	}
	slices.Sort(b.Twice)
}

// firstFile reads Firefox's policies.json: the first that is there counts.
func firstFile(b *doctor.Browser, paths ...string) {
	for _, p := range paths {
		file, err := read(p)
		if err != nil {
			b.Problems = append(b.Problems, err.Error())
			return
		}
		if file != nil {
			b.Policy, _ = file["policies"].(map[string]any)
			return
		}
	}
}
