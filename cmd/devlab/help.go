package main

import (
	"flag"
	"fmt"
	"strings"

	"sidetone/internal/pbx"
)

// Help of flags that several commands have.
const (
	jsonHelp = "print the result as one JSON object"
	binHelp  = "the folder with the built programs: `DIR`"
	seedHelp = "what the run is drawn from; the same number repeats it: `N`"
)

// helpOf is the help for a command: its line and its sentences of the usage, and its flags. The lab itself, which is no command
// of its own, has the whole usage.
func helpOf(fs *flag.FlagSet) string {
	verb, ours := strings.CutPrefix(fs.Name(), "devlab ")
	if !ours {
		return usage
	}
	var line string
	var what []string
	mine := false
	for l := range strings.Lines(usage) {
		text := strings.TrimSpace(l)
		switch {
		case strings.HasPrefix(text, "devlab "+verb+" "):
			line = text
		case strings.HasPrefix(l, "  "+verb+"  "):
			mine = true
			what = append(what, strings.TrimSpace(strings.TrimPrefix(text, verb)))
		case mine && strings.HasPrefix(l, "      "):
			what = append(what, text)
		default:
			mine = false
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n%s.\n\n", line, sentence(strings.Join(what, "\n")))
	if verb == "fault" {
		for _, f := range pbx.Kinds() {
			fmt.Fprintf(&b, "  %-14s %s\n", f.Name, f.What)
		}
		b.WriteString("\ndevlab fault list says how each is undone.\n\n")
	}
	fs.VisitAll(func(f *flag.Flag) { b.WriteString(flagLine(f)) })
	fmt.Fprintf(&b, "\nExample: devlab %s\n\n%s", examples()[verb], exitCodes)
	return b.String()
}

// examples are a line for each command, without the program's name.
func examples() map[string]string {
	return map[string]string{
		"fault":        "fault refuse --method REGISTER --status 503 --after 20s",
		"demo":         "demo --auto --out out/demo",
		"bench-bridge": "bench-bridge --clicks 100 --json",
		"bench-sip":    "bench-sip --rounds 5 --calls 3",
		"bench-voice":  "bench-voice --codecs opus --networks clean,loss10 --json",
		"interop":      "interop --only rtpengine",
		"soak":         "soak --calls 20 --over 2m",
		"soak-status":  "soak-status --events 500 --seed 7",
		"record-sdk":   "record-sdk --out out/sdk-recording.json",
	}
}

// sentence begins a text with a capital letter.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func flagLine(f *flag.Flag) string {
	name, _ := flag.UnquoteUsage(f)
	text, _, _ := strings.Cut(f.Usage, ": `")
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
		text += "; " + strings.TrimSuffix(f.DefValue, "0s") + " if not said"
	}
	return fmt.Sprintf("  --%-14s %s\n", strings.TrimSpace(f.Name+" "+name), text)
}
