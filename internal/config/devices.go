package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Devices are the names or IDs of sound devices, the best first. The file has one as a text, or several as a list.
type Devices []string

// UnmarshalTOML reads either form.
func (d *Devices) UnmarshalTOML(v any) error {
	switch x := v.(type) {
	case string:
		*d = nil
		if x != "" {
			*d = Devices{x}
		}
		return nil
	case []any:
		*d = nil
		for _, one := range x {
			name, ok := one.(string)
			if !ok {
				return errDevices
			}
			*d = append(*d, name)
		}
		return nil
	}
	return errDevices
}

var errDevices = errors.New("it takes a device's name in quotes, or a list of such in brackets, the best first")

// Lines are the names as one text, one a line.
func (d Devices) Lines() string { return strings.Join(d, "\n") }

func (m Media) checkDevices() error {
	for key, list := range map[string]Devices{"microphone": m.Microphone, "speaker": m.Speaker, "ringer": m.Ringer} {
		for _, name := range list {
			if name == "" || strings.ContainsAny(name, "\r\n") {
				return at(fmt.Errorf("media.%s has an empty name or one of several lines: write each name as sidetonectl devices lists it", key), "media", key)
			}
		}
	}
	return nil
}

// PutDevices changes one of microphone, speaker and ringer in the file, as PutAccount does an account, and returns the settings then. An
// empty list removes it: the system's default is used then.
func PutDevices(path, key string, list Devices) (Config, error) {
	if !slices.Contains([]string{"microphone", "speaker", "ringer"}, key) {
		return Config{}, fmt.Errorf("%q is no kind of device: write microphone, speaker or ringer", key)
	}
	return amend(path, "media."+key, func(c Config) Config {
		*map[string]*Devices{"microphone": &c.Media.Microphone, "speaker": &c.Media.Speaker, "ringer": &c.Media.Ringer}[key] = list
		return c
	}, func(text string, _ Config) string { return put(text, "media", setting{key, list.value()}) })
}

// value is as TOML writes it.
func (d Devices) value() string {
	var quoted []string
	for _, name := range d {
		quoted = append(quoted, strconv.Quote(name))
	}
	switch len(quoted) {
	case 0:
		return ""
	case 1:
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// put changes, adds or removes one line of a table that is there once. A value over several lines is left alone.
func put(text, table string, s setting) string {
	lines := strings.Split(text, "\n")
	head, at := lineOf(text, place{anyTable, []string{table}})-1, lineOf(text, place{anyTable, []string{table, s.key}})-1
	switch {
	case head < 0 && s.value == "":
		return text
	case head < 0:
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if text != "" {
			text += "\n"
		}
		return text + "[" + table + "]\n" + s.line() + "\n"
	case at == head && s.value == "":
		return text
	case at == head:
		end := lines[head][len(strings.TrimSuffix(lines[head], "\r")):]
		return strings.Join(slices.Insert(lines, head+1, s.line()+end), "\n")
	}
	m := regexp.MustCompile(`^([^=]*=\s*)(?:"(?:[^"\\]|\\.)*"|'[^']*'|\[(?:[^]"'#]|"(?:[^"\\]|\\.)*"|'[^']*')*\])(\s*(?:#.*)?)$`).FindStringSubmatch(lines[at])
	switch {
	case m == nil:
		return text
	case s.value == "":
		return strings.Join(slices.Delete(lines, at, at+1), "\n")
	}
	lines[at] = m[1] + s.value + m[2]
	return strings.Join(lines, "\n")
}
