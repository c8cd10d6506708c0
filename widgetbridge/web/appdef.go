package web

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrDefinition says that an app definition would be refused by Kustomer.
var ErrDefinition = errors.New("the app definition is not complete")

//go:embed app.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of the app definition.
func Schema() []byte { return slices.Clone(schema) }

// Definition says what Kustomer's app definition is made of. Only Host has no default.
type Definition struct {
	Host       string // where the pages are served: "widget.example.com", over https
	Queue      string // the external queue; "" is DefaultQueue
	Visibility string // "private" or "public"; "" is "private"
	AppID      string // no spaces, no dashes; "" is "sidetone"
	Version    string // semantic version, higher with each registration; "" is "0.1.0"
	Title      string // as the agents see it; "" is "Sidetone"
	Developer  string // name of who registers it; "" is the title
	Website    string // of who registers it; "" is https://Host
	Support    string // mail address for questions; "" leaves it out
	Width      string // of the widget, a CSS length; "" is "calc(240px + 5vw)"
	Height     string // of the widget, a CSS length; "" is "calc(360px + 20vh)"
}

func (d Definition) filled() Definition {
	for _, f := range []struct {
		field *string
		value string
	}{
		{&d.Queue, DefaultQueue}, {&d.Visibility, "private"}, {&d.AppID, "sidetone"}, {&d.Version, "0.1.0"}, {&d.Title, "Sidetone"},
		{&d.Website, "https://" + d.Host}, {&d.Width, "calc(240px + 5vw)"}, {&d.Height, "calc(360px + 20vh)"},
	} {
		if *f.field == "" {
			*f.field = f.value
		}
	}
	if d.Developer == "" {
		d.Developer = d.Title
	}
	return d
}

func (d Definition) check() error {
	for _, c := range []struct{ value, pattern, why string }{
		{d.Host, `^[a-zA-Z0-9.-]+(:\d+)?$`, "the host is a name such as widget.example.com, without https:// and without a path"},
		{d.AppID, `^[a-zA-Z0-9_]+$`, "the app's id holds letters, digits and underscores only"},
		{d.Version, `^(0|[1-9]\d{0,4})(\.(0|[1-9]\d{0,4})){2}$`, "the version is three numbers of at most five digits such as 0.1.0"},
		{d.Visibility, `^(private|public)$`, "the visibility is private or public"},
		{d.Support, `^([^@\s<>]+@[^@\s<>]+)?$`, "the address for support is a mail address"},
		{d.Queue, `^[a-zA-Z0-9_.-]+$`, "the queue's name holds letters, digits, underscores, dots and dashes only"},
	} {
		if !regexp.MustCompile(c.pattern).MatchString(c.value) {
			return fmt.Errorf("%w: %s, not %q", ErrDefinition, c.why, c.value)
		}
	}
	return nil
}

// Permissions is the value of iframePermissions, which becomes the allow attribute of the widget's frame: the page at this
// origin ("https://widget.example.com") may reach the app on the agent's computer. The second name is the older one, for browsers
// that know only that.
func Permissions(origin string) string {
	return "loopback-network " + origin + "; local-network-access " + origin + "; clipboard-write " + origin + ";"
}

// AppDefinition returns the app.json to register with Kustomer (POST /v1/apps/available). It fails with ErrDefinition and one
// sentence when a field would be refused.
//
// Whether Kustomer takes every key is only known once it is registered in a real organisation: its schema is strict and not
// published in full.
func AppDefinition(d Definition) ([]byte, error) {
	d = d.filled()
	if err := d.check(); err != nil {
		return nil, err
	}
	at := "https://" + d.Host
	developer := map[string]any{"name": d.Developer, "website": d.Website}
	if d.Support != "" {
		developer["supportEmail"] = d.Support
	}
	def := map[string]any{
		"app": d.AppID, "version": d.Version, "visibility": d.Visibility, "title": d.Title,
		"description": "Click a number in Kustomer to call it with Sidetone on your computer. Your status follows in both directions.",
		"iconUrl":     at + "/icon.png",
		"appDetails": map[string]any{
			"appDeveloper": developer, "externalPlatform": map[string]any{"name": d.Title, "website": d.Website},
		},
		"meta":              map[string]any{"externalQueue": d.Queue},
		"dataSubscriptions": []string{"click-to-dial", "status-sync"},
		"settingsPageConfig": map[string]any{
			"url": at + "/settings.html", "title": d.Title, "description": "Say which Sidetone status each Kustomer status means.",
		},
		"widgets": []map[string]any{{
			"name": "softphone", "title": d.Title, "url": at + "/widget.html", "icon": at + "/icon.png", "width": d.Width, "height": d.Height,
			"iframePermissions": Permissions(at), "backgroundLoad": true,
		}},
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(def); err != nil {
		return nil, fmt.Errorf("the app definition cannot be written: %w", err)
	}
	return []byte(b.String()), nil
}
