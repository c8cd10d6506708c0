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

// ladder puts messages into columns, one for this phone and one for each far address. What happened stands where it did: notes come
// another way than messages, and either may be kept first.
func ladder(messages []Message) (columns []string, rungs []rung) {
	messages = slices.Clone(messages)
	slices.SortStableFunc(messages, func(a, b Message) int { return a.At.Compare(b.At) })
	columns = []string{"Sidetone"}
	var far []netip.AddrPort
	for _, m := range messages {
		if m.Note != "" {
			rungs = append(rungs, rung{after: m.At.Sub(messages[0].At), label: clip(m.Note, longest), wide: true})
			continue
		}
		i := slices.Index(far, m.Remote)
		if i < 0 {
			i, far = len(far), append(far, m.Remote)
			columns = append(columns, fmt.Sprintf("%s %s", m.Remote, m.Transport))
		}
		r := rung{after: m.At.Sub(messages[0].At), to: i + 1, label: clip(m.first(), longest), note: clip(m.says(), longest)}
		if !m.Sent {
			r.from, r.to = r.to, r.from
		}
		rungs = append(rungs, r)
	}
	return columns, rungs
}

// longest is how much of a stranger's line is drawn, in characters: no phrase that means something is longer.
const longest = 400

// says is what a message says besides its first line: where it forwards the call to, or what its session description offers.
func (m Message) says() string {
	if !strings.HasPrefix(m.Text, "SIP/2.0 3") {
		return described(m.Text)
	}
	var to []string
	for _, v := range headers(m.Text, "Contact", "m") {
		if _, uri, ok := strings.Cut(v, "<"); ok {
			v, _, _ = strings.Cut(uri, ">")
		}
		to = append(to, v)
	}
	if len(to) == 0 {
		return "no other place is named"
	}
	return "forwarded to " + strings.Join(to, ", ")
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

// Text draws a ladder for a terminal: the seconds since the first before each message, and what is too long for a line below it.
func Text(messages []Message) string {
	if len(messages) == 0 {
		return ""
	}
	columns, rungs := ladder(messages)
	width := max(2, len(columns))
	var b, head strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&head, "%-*s", gap, clip(c, gap-1))
	}
	b.WriteString(strings.Repeat(" ", margin-1) + strings.TrimRight(head.String(), " ") + "\n")
	for _, r := range rungs {
		lines := r.text(width)
		for _, note := range wrap(r.note, gap*(width-1)-4) {
			lines = append(lines, "│ "+note)
		}
		for i, line := range lines {
			at := strings.Repeat(" ", margin-1)
			if i == 0 {
				at = fmt.Sprintf("%*.3f ", margin-2, r.after.Seconds())
			}
			b.WriteString(at + strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}

// text is one rung: the arrow between two columns with the beginning of its label, and the rest below.
func (r rung) text(columns int) (out []string) {
	if r.wide {
		for i, label := range wrap(r.label, gap*(columns-1)-8) {
			if i > 0 {
				out = append(out, "   "+label)
				continue
			}
			out = append(out, "┄┄ "+label+" "+strings.Repeat("┄", max(2, gap*(columns-1)-3-utf8.RuneCountInString(label))))
		}
		return out
	}
	room := (max(r.from, r.to)-min(r.from, r.to))*gap - 4
	for i, label := range wrap(r.label, room-2) {
		pad := room - utf8.RuneCountInString(label) - 2
		line, left, right := "─", "──", "▶"
		if i > 0 {
			line, left, right = " ", "  ", " "
		} else if r.from > r.to {
			left, right = "◀─", "─"
		}
		out = append(out, r.between(columns, left+strings.Repeat(line, pad/2)+" "+label+" "+strings.Repeat(line, pad-pad/2)+right))
	}
	return out
}

// between is a line with a text between the columns of the rung, and the bars of all others.
func (r rung) between(columns int, text string) string {
	low, high := min(r.from, r.to), max(r.from, r.to)
	var b strings.Builder
	for i := range columns {
		switch {
		case i == low:
			b.WriteString("│" + text)
		case i > low && i < high:
		default:
			b.WriteString("│" + strings.Repeat(" ", gap-1))
		}
	}
	return b.String()
}

// wrap breaks a text into lines of so many characters, 1 or more: between words, or within one that is too long for a line.
func wrap(s string, most int) (lines []string) {
	line := []rune{}
	flush := func() {
		if len(line) > 0 {
			lines, line = append(lines, string(line)), nil
		}
	}
	for _, word := range strings.Fields(s) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > most {
			flush()
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		for line = append(line, w...); len(line) > most; {
			rest := slices.Clone(line[most:])
			line = line[:most]
			flush()
			line = rest
		}
	}
	flush()
	return lines
}

// clip shortens a text to so many characters.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:max(0, most-1)]) + "…"
}

// The measures of a ladder in SVG, in pixels, and how many characters go into a line between two columns.
const (
	svgLeft   = 70
	svgGap    = 420
	svgTop    = 64
	svgStep   = 44
	svgBottom = 24
	svgLine   = 16 // a further line of a label
	svgSmall  = 14 // a further line of a note
	svgLabel  = 54
	svgNote   = 66
)

// step is a rung with its texts in lines.
type step struct {
	rung
	labels, notes []string
}

// steps puts the texts of rungs into lines. Inner is the width between the outer columns in pixels.
func steps(rungs []rung, inner int) (out []step) {
	for _, r := range rungs {
		if r.wide {
			out = append(out, step{rung: r, labels: wrap(r.label, inner/8)})
			continue
		}
		span := max(r.from, r.to) - min(r.from, r.to)
		out = append(out, step{r, wrap(r.label, svgLabel*span), wrap(r.note, svgNote*span)})
	}
	return out
}

// height is the room that a rung takes.
func (s step) height() int {
	return svgStep + svgLine*max(0, len(s.labels)-1) + svgSmall*max(0, len(s.notes)-1)
}

// SVG draws a ladder for a browser or a document. It needs no font but the system's, and is dark where the reader's screen is.
func SVG(messages []Message) string {
	columns, rungs := ladder(messages)
	if len(columns) == 1 {
		columns = append(columns, "") // notes alone need room too
	}
	width, height := svgLeft+svgGap*(len(columns)-1)+svgLeft*2, svgTop+svgBottom
	all := steps(rungs, width-2*svgLeft)
	for _, s := range all {
		height += s.height()
	}
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
	y := svgTop + 16
	for _, s := range all {
		if s.wide {
			s.band(&b, y, width)
		} else {
			s.svg(&b, y)
		}
		y += s.height()
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// band is what happened, across all columns.
func (s step) band(b *strings.Builder, y, width int) {
	left, right := svgLeft, width-svgLeft
	fmt.Fprintf(b, `<text class="d" x="8" y="%d">%.3f</text>`+"\n", y+4, s.after.Seconds())
	fmt.Fprintf(b, `<rect class="n" x="%d" y="%d" width="%d" height="%d" rx="6"/>`+"\n", left, y-12, right-left, 8+svgLine*len(s.labels))
	for i, label := range s.labels {
		fmt.Fprintf(b, `<text class="t" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", (left+right)/2, y+5+svgLine*i, html.EscapeString(label))
	}
}

// svg is an arrow with its label above and its note below; y is where it would be with a label of one line.
func (s step) svg(b *strings.Builder, y int) {
	from, to := svgLeft+svgGap*s.from+20, svgLeft+svgGap*s.to+20
	class, tip := "s", -8
	if s.from > s.to {
		class, tip = "r", 8
	}
	middle := (from + to) / 2
	for i, label := range s.labels {
		fmt.Fprintf(b, `<text class="t" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", middle, y-6+svgLine*i, html.EscapeString(label))
	}
	y += svgLine * max(0, len(s.labels)-1)
	fmt.Fprintf(b, `<text class="d" x="8" y="%d">%.3f</text>`+"\n", y+4, s.after.Seconds())
	fmt.Fprintf(b, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d" stroke-width="1.5"/>`+"\n", class, from, y, to+tip/2, y)
	fmt.Fprintf(b, `<path class="%s" d="M%d %d l%d -4 v8 z"/>`+"\n", class, to, y, tip)
	for i, note := range s.notes {
		fmt.Fprintf(b, `<text class="d" x="%d" y="%d" text-anchor="middle" font-size="11">%s</text>`+"\n", middle, y+14+svgSmall*i, html.EscapeString(note))
	}
}
