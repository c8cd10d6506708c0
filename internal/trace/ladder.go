package trace

import (
	"fmt"
	"html"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// rung is one arrow of a ladder.
type rung struct {
	after time.Duration // since the first
	from  int           // columns: 0 is this phone
	to    int
	label string
	note  string // what the description in it says
	wide  bool   // no arrow: something that happened
}

// ladder puts messages into columns, one for this phone and one for each far address.
func ladder(messages []Message) (columns []string, rungs []rung) {
	columns = []string{"Sidetone"}
	var far []netip.AddrPort
	for _, m := range messages {
		if m.Note != "" {
			rungs = append(rungs, rung{after: m.At.Sub(messages[0].At), label: m.Note, wide: true})
			continue
		}
		i := slices.Index(far, m.Remote)
		if i < 0 {
			i, far = len(far), append(far, m.Remote)
			columns = append(columns, fmt.Sprintf("%s %s", m.Remote, m.Transport))
		}
		r := rung{after: m.At.Sub(messages[0].At), to: i + 1, label: m.first(), note: described(m.Text)}
		if !m.Sent {
			r.from, r.to = r.to, r.from
		}
		rungs = append(rungs, r)
	}
	return columns, rungs
}

// described says what a session description in a message offers: codec names, direction and address.
func described(text string) string {
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	if !strings.HasPrefix(body, "v=0") {
		return ""
	}
	var words, codecs []string
	for line := range strings.SplitSeq(body, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "m=audio "):
			if f := strings.Fields(line); len(f) > 2 {
				words = append(words, f[2]+" port "+f[1])
			}
		case strings.HasPrefix(line, "c=IN "):
			words = append(words, line[strings.LastIndex(line, " ")+1:])
		case strings.HasPrefix(line, "a=rtpmap:"):
			_, codec, _ := strings.Cut(line, " ")
			name, _, _ := strings.Cut(codec, "/")
			codecs = append(codecs, name)
		case slices.Contains([]string{"a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"}, line):
			words = append(words, line[2:])
		}
	}
	return strings.Join(append(words, codecs...), ", ")
}

// The widths of a ladder in text, in characters.
const (
	margin = 9
	gap    = 52
)

// Text draws a ladder for a terminal: a line a message, the seconds since the first before it.
func Text(messages []Message) string {
	if len(messages) == 0 {
		return ""
	}
	columns, rungs := ladder(messages)
	var b strings.Builder
	var head strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&head, "%-*s", gap, clip(c, gap-2))
	}
	b.WriteString(strings.Repeat(" ", margin-1) + strings.TrimRight(head.String(), " ") + "\n")
	for _, r := range rungs {
		fmt.Fprintf(&b, "%*.3f ", margin-2, r.after.Seconds())
		b.WriteString(strings.TrimRight(r.text(max(2, len(columns))), " ") + "\n")
		if r.note != "" {
			fmt.Fprintf(&b, "%s│ %s\n", strings.Repeat(" ", margin-1), clip(r.note, gap*(len(columns)-1)-4))
		}
	}
	return b.String()
}

// text is one rung: the arrow between two columns, bars for the others.
func (r rung) text(columns int) string {
	if r.wide {
		label := clip(r.label, gap*(columns-1)-8)
		return "┄┄ " + label + " " + strings.Repeat("┄", max(2, gap*(columns-1)-3-utf8.RuneCountInString(label)))
	}
	low, high := min(r.from, r.to), max(r.from, r.to)
	room := (high-low)*gap - 4
	label := clip(r.label, room-2)
	pad := room - utf8.RuneCountInString(label) - 2
	line := strings.Repeat("─", pad/2) + " " + label + " " + strings.Repeat("─", pad-pad/2)
	var b strings.Builder
	for i := range columns {
		switch {
		case i == low && r.from == low:
			b.WriteString("│──" + line + "▶")
		case i == low:
			b.WriteString("│◀─" + line + "─")
		case i == high:
			b.WriteString("│" + strings.Repeat(" ", gap-1))
		case i > low && i < high:
		default:
			b.WriteString("│" + strings.Repeat(" ", gap-1))
		}
	}
	return b.String()
}

// clip shortens a text to so many characters.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(0, most-1)]) + "…"
}

// The measures of a ladder in SVG, in pixels.
const (
	svgLeft   = 70
	svgGap    = 420
	svgTop    = 64
	svgStep   = 44
	svgBottom = 24
)

// SVG draws a ladder for a browser or a document. It needs no font but the system's, and is dark where the reader's screen is.
func SVG(messages []Message) string {
	columns, rungs := ladder(messages)
	if len(columns) == 1 {
		columns = append(columns, "") // notes alone need room too
	}
	width, height := svgLeft+svgGap*(len(columns)-1)+svgLeft*2, svgTop+svgStep*len(rungs)+svgBottom
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="system-ui, sans-serif" font-size="13">`+"\n", width, height, width, height)
	b.WriteString(`<style>.p{fill:#fff}.n{fill:#eef3f2}.t{fill:#16211f}.d{fill:#5b6b68}.l{stroke:#c4cfcd}.s{stroke:#0a6a6e;fill:#0a6a6e}.r{stroke:#1f4e9e;fill:#1f4e9e}` +
		`@media(prefers-color-scheme:dark){.p{fill:#121a19}.n{fill:#1f2b29}.t{fill:#e8efee}.d{fill:#9aaba8}.l{stroke:#33413f}.s{stroke:#5cc3c8;fill:#5cc3c8}.r{stroke:#8db4f5;fill:#8db4f5}}</style>` + "\n")
	fmt.Fprintf(&b, `<rect class="p" width="%d" height="%d"/>`+"\n", width, height)
	for i, c := range columns {
		x := svgLeft + svgGap*i + 20
		fmt.Fprintf(&b, `<text class="t" x="%d" y="28" text-anchor="middle" font-weight="600">%s</text>`+"\n", x, html.EscapeString(c))
		fmt.Fprintf(&b, `<line class="l" x1="%d" y1="40" x2="%d" y2="%d"/>`+"\n", x, x, height-svgBottom/2)
	}
	for i, r := range rungs {
		if y := svgTop + svgStep*i + 16; r.wide {
			r.band(&b, y, width)
		} else {
			r.svg(&b, y)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// band is what happened, across all columns.
func (r rung) band(b *strings.Builder, y, width int) {
	left, right := svgLeft, width-svgLeft
	fmt.Fprintf(b, `<text class="d" x="8" y="%d">%.3f</text>`+"\n", y+4, r.after.Seconds())
	fmt.Fprintf(b, `<rect class="n" x="%d" y="%d" width="%d" height="24" rx="6"/>`+"\n", left, y-12, right-left)
	fmt.Fprintf(b, `<text class="t" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+right)/2, y+5, html.EscapeString(clip(r.label, (right-left)/8)))
}

func (r rung) svg(b *strings.Builder, y int) {
	from, to := svgLeft+svgGap*r.from+20, svgLeft+svgGap*r.to+20
	class, tip := "s", -8
	if r.from > r.to {
		class, tip = "r", 8
	}
	middle := (from + to) / 2
	fmt.Fprintf(b, `<text class="d" x="8" y="%d">%.3f</text>`+"\n", y+4, r.after.Seconds())
	fmt.Fprintf(b, `<text class="t" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", middle, y-6, html.EscapeString(clip(r.label, 54)))
	fmt.Fprintf(b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d" stroke-width="1.5"/>`+"\n", class, from, y, to+tip/2, y)
	fmt.Fprintf(b, `<path class="%s" d="M%d %d l%d -4 v8 z"/>`+"\n", class, to, y, tip)
	if r.note != "" {
		fmt.Fprintf(b, `<text class="d" x="%d" y="%d" text-anchor="middle" font-size="11">%s</text>`+"\n", middle, y+14, html.EscapeString(clip(r.note, 68)))
	}
}
