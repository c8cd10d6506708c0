package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sidetone/internal/browserpolicy"
	"sidetone/internal/bundle"
	"sidetone/internal/doctor"
	"sidetone/internal/doctor/gather"
	"sidetone/internal/folder"
)

// itFlags are the flags of the commands for IT.
type itFlags struct {
	export                      bundle.Request
	policy                      browserpolicy.Request
	orgs, ancestors, widgetHost many
	ports                       numbers
	config                      string
}

// add makes a command's own flags known once the command is.
func (f *itFlags) add(fs *flag.FlagSet, words []string) {
	switch strings.Join(words, " ") {
	case "kustomer export":
		fs.StringVar(&f.export.Host, "host", "", "")
		fs.StringVar(&f.export.Queue, "queue", "", "")
		fs.StringVar(&f.export.Visibility, "visibility", "", "")
		fs.StringVar(&f.export.Version, "version", "", "")
		fs.StringVar(&f.export.Support, "support", "", "")
		fs.StringVar(&f.export.SDK, "sdk", "", "")
		fs.Var(&f.ports, "ports", "")
		fs.Var(&f.orgs, "org", "")
		fs.Var(&f.ancestors, "ancestor", "")
		fs.Var(&f.export.Statuses, "status", "")
	case "browser-policy":
		fs.StringVar(&f.policy.WidgetHost, "widget-host", "", "")
		fs.BoolVar(&f.policy.NotDelegated, "not-delegated", false, "")
		fs.BoolVar(&f.policy.Popups, "popups", false, "")
		fs.BoolVar(&f.policy.Links, "links", false, "")
		fs.BoolVar(&f.policy.OldVersions, "old-versions", false, "")
		fs.Var(&f.orgs, "org", "")
		fs.Var(&f.ancestors, "ancestor", "")
	case "doctor":
		fs.StringVar(&f.config, "config", "", "")
		fs.Var(&f.widgetHost, "widget-host", "")
		fs.Var(&f.orgs, "org", "")
	}
}

// many is a flag that may repeat.
type many []string

func (m *many) String() string     { return strings.Join(*m, ",") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

// numbers is a flag of numbers with commas.
type numbers []int

func (n *numbers) String() string { return fmt.Sprint([]int(*n)) }

func (n *numbers) Set(s string) error {
	*n = nil
	for _, part := range strings.Split(s, ",") {
		i, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return errors.New("write numbers with commas between them")
		}
		*n = append(*n, i)
	}
	return nil
}

// wrote is the answer of what writes files.
type wrote struct {
	Folder string   `json:"folder"`
	Files  []string `json:"files"`
	Next   []string `json:"next,omitempty"` // what IT does then
}

// export writes the bundle to host and register.
func export(_ context.Context, o options, words []string, c console) int {
	if len(words) != 3 {
		return fail(c, exitUsage, errors.New("write: sidetonectl kustomer export DIR --host https://NAME --queue NAME. See sidetonectl kustomer --help"))
	}
	r := o.it.export
	r.Orgs, r.Ancestors, r.Ports = o.it.orgs, o.it.ancestors, o.it.ports
	files, err := bundle.Files(r)
	if err != nil {
		return fail(c, exitUsage, err)
	}
	return put(c, words[2], "kustomer export", files, bundle.Next(r))
}

// browserPolicy writes the policy files.
func browserPolicy(_ context.Context, o options, words []string, c console) int {
	if len(words) > 2 {
		return fail(c, exitUsage, errors.New("write: sidetonectl browser-policy [DIR] --org ORG --widget-host HOST. See sidetonectl browser-policy --help"))
	}
	r := o.it.policy
	r.Orgs, r.Sites = o.it.orgs, o.it.ancestors
	files, err := browserpolicy.Files(r)
	if err != nil {
		return fail(c, exitUsage, err)
	}
	dir := "sidetone-browser-policy"
	if len(words) == 2 {
		dir = words[1]
	}
	return put(c, dir, "browser policy", files, []string{"README.txt there says where each file goes."})
}

// put writes a set of files and says which, and what comes next.
func put(c console, dir, kind string, files map[string][]byte, next []string) int {
	if err := folder.Put(dir, folder.Set{Kind: kind, Files: files}); err != nil {
		return fail(c, exitFailed, err)
	}
	names := slices.Sorted(maps.Keys(files))
	if c.json {
		printer{out: c.out, json: true}.object(wrote{dir, names, next})
		return exitOK
	}
	fmt.Fprintf(c.out, "Written into %s:\n", plain(dir))
	for _, line := range summary(names) {
		fmt.Fprintln(c.out, "  "+line)
	}
	for _, n := range next {
		fmt.Fprintf(c.out, "\n%s\n", n)
	}
	return exitOK
}

// summary names files, and of a folder with many the first and how many more there are.
func summary(names []string) []string {
	const most = 8
	var out []string
	count := map[string]int{}
	for _, n := range names {
		top, _, below := strings.Cut(n, "/")
		if !below {
			out = append(out, n)
			continue
		}
		if count[top]++; count[top] <= most {
			out = append(out, n)
		}
	}
	for _, top := range slices.Sorted(maps.Keys(count)) {
		if more := count[top] - most; more > 0 {
			out = append(out, fmt.Sprintf("and %d more in %s/", more, top))
		}
	}
	return out
}

// examine runs the doctor.
func examine(ctx context.Context, o options, words []string, c console) int {
	if len(words) != 1 {
		return fail(c, exitUsage, errors.New("doctor takes flags only. See sidetonectl doctor --help"))
	}
	if err := browserpolicy.Names(o.it.orgs, o.it.widgetHost); err != nil {
		return fail(c, exitUsage, err)
	}
	for i, h := range o.it.widgetHost {
		o.it.widgetHost[i] = browserpolicy.Host(h)
	}
	all := doctor.Examine(gather.Facts(ctx, gather.Options{DataDir: o.dir, Config: o.it.config, Orgs: o.it.orgs, WidgetHosts: o.it.widgetHost}))
	if c.json {
		printer{out: c.out, json: true}.object(map[string]any{"ok": !doctor.Ill(all), "findings": all})
	} else {
		for _, f := range all {
			line := fmt.Sprintf("%-4s  %s", f.State, plain(f.Text))
			if f.Fix != "" {
				line += " — " + plain(f.Fix)
			}
			fmt.Fprintln(c.out, line)
		}
	}
	if doctor.Ill(all) {
		return exitFailed
	}
	return exitOK
}
