package browserpolicy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("a policy cannot be written: %w", err)
	}
	return b.Bytes(), nil
}

// registry is the .reg file of all three: lists are keys with the values "1", "2", ...; nested settings are keys of keys.
// Chrome and Edge read a structure as JSON in a string, Firefox as JSON in a multi-string.
func (r Request) registry() ([]byte, error) {
	w := &regWriter{}
	w.line("Windows Registry Editor Version 5.00")
	for _, b := range []struct {
		key    string
		policy map[string]any
		multi  bool
	}{
		{`HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Google\Chrome`, r.chromium(), false},
		{`HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Edge`, r.chromium(), false},
		{`HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Mozilla\Firefox`, r.firefox(), true},
	} {
		w.multi = b.multi
		if err := w.key(b.key, b.policy); err != nil {
			return nil, err
		}
	}
	return []byte(w.b.String()), nil
}

type regWriter struct {
	b     strings.Builder
	multi bool // structures are multi-strings
}

func (w *regWriter) line(s string) { w.b.WriteString(s + "\r\n") }

// key writes the plain values of one key, then its lists and nested settings as keys below it.
func (w *regWriter) key(path string, values map[string]any) error {
	names := slices.Sorted(maps.Keys(values))
	open := false
	for _, name := range names {
		text, err := w.value(values[name])
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		if !open {
			w.line("")
			w.line("[" + path + "]")
			open = true
		}
		w.line(`"` + name + `"=` + text)
	}
	for _, name := range names {
		switch v := values[name].(type) {
		case []string:
			w.line("")
			w.line("[" + path + `\` + name + "]")
			for i, s := range v {
				w.line(fmt.Sprintf(`"%d"=%s`, i+1, quoted(s)))
			}
		case map[string]any:
			if err := w.key(path+`\`+name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// value is a plain value as the file writes it, "" for what is a key of its own.
func (w *regWriter) value(v any) (string, error) {
	switch v := v.(type) {
	case bool:
		if v {
			return "dword:00000001", nil
		}
		return "dword:00000000", nil
	case []launch:
		b, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("a policy cannot be written: %w", err)
		}
		if w.multi {
			return multi(string(b)), nil
		}
		return quoted(string(b)), nil
	}
	return "", nil
}

// quoted is a string value; only the quote and the backslash mean something in it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// multi is a multi-string of one string: UTF-16, little endian, ended by two zeros, in lines of at most 80 characters.
func multi(s string) string {
	var out strings.Builder
	out.WriteString("hex(7):")
	width := len(`"` + Links + `"=hex(7):`)
	for i, u := range append(utf16.Encode([]rune(s)), 0, 0) {
		if i > 0 {
			out.WriteString(",")
			width++
		}
		if width+len("00,00,\\") > 80 {
			out.WriteString("\\\r\n  ")
			width = 2
		}
		fmt.Fprintf(&out, "%02x,%02x", u&0xff, u>>8)
		width += len("00,00")
	}
	return out.String()
}
