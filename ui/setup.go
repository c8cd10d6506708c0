package ui

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// Setup is where the account form leads. SaveAccount keeps the account in the settings and the password in the OS keyring,
// and registers; an empty password keeps the one the keyring has.
type Setup interface {
	SaveAccount(ctx context.Context, a call.Account, password string) error
}

// setupPane is the form of the agent's line, or of one of several.
type setupPane struct {
	setup    Setup
	ask      func(work func() func())
	which    *widget.Select // of several lines
	whichIs  *caption
	frames   [2]*outline // of which and how
	choices  [2]fyne.CanvasObject
	lines    []call.Account
	account  *widget.Entry
	user     *widget.Entry
	password *widget.Entry
	how      *widget.Select
	save     *bigButton
	result   *banner
	base     call.Account // what the form changes; its zero value: there is none yet
	content  *fyne.Container
}

func newSetupPane(setup Setup, ask func(func() func())) *setupPane {
	p := &setupPane{
		setup: setup, ask: ask, account: widget.NewEntry(), user: widget.NewEntry(), password: widget.NewPasswordEntry(),
		how: widget.NewSelect(transportWords(), nil),
	}
	p.account.PlaceHolder = "142@sip.example.com"
	p.user.PlaceHolder = "Same as the account"
	p.password.PlaceHolder = "Kept in your system keyring"
	p.how.SetSelectedIndex(0)
	p.which = widget.NewSelect(nil, func(string) { p.choose(p.which.SelectedIndex()) })
	p.whichIs = newCaption("")
	p.whichIs.show("Line", "", roleText)
	p.whichIs.text.TextStyle.Bold = true
	p.frames = [2]*outline{newOutline(), newOutline()}
	p.choices = [2]fyne.CanvasObject{container.NewThemeOverride(p.which, softFocus{}), container.NewThemeOverride(p.how, softFocus{})}
	p.save = newButton(buttonPrimary, "Save and register", "", p.submit)
	p.result = newBanner(nil)
	p.content = &fyne.Container{Layout: p}
	p.content.Objects = []fyne.CanvasObject{newTitle("Your line"), p.frames[0], p.frames[1], p.whichIs, p.choices[0]}
	for _, f := range p.fields() {
		c := newCaption("")
		c.show(f.word, "", roleText)
		c.text.TextStyle.Bold = true
		p.content.Objects = append(p.content.Objects, c, f.input)
	}
	p.content.Objects = append(p.content.Objects, p.save, p.result)
	p.several()
	return p
}

type field struct {
	word  string
	input fyne.CanvasObject
}

func (p *setupPane) fields() []field {
	return []field{
		{"Account", p.account}, {"User name, if it differs", p.user}, {"Password", p.password}, {"How to connect", p.choices[1]},
	}
}

// transports are the ways to connect, as the form offers and the settings write them.
func transports() [][2]string {
	return [][2]string{{"Automatic (by DNS)", ""}, {"UDP", "udp"}, {"TCP", "tcp"}, {"TLS", "tls"}, {"WSS (WebSocket)", "wss"}}
}

func transportWords() []string {
	var words []string
	for _, t := range transports() {
		words = append(words, t[0])
	}
	return words
}

// show fills the form once with the first account there is; what a person types is never overwritten.
func (p *setupPane) show(s phone.Snapshot) {
	var lines []call.Account
	for _, l := range s.Accounts {
		lines = append(lines, l.Account)
	}
	if !slices.Equal(lines, p.lines) {
		p.lines = lines
		p.several()
	}
	if p.base.ID == "" && len(lines) > 0 {
		p.choose(0)
	}
}

// several offers the lines there are to choose from, where there are more than one.
func (p *setupPane) several() {
	words := []string{}
	at := -1
	for i, a := range p.lines {
		word := bare(a.Address)
		if slices.Contains(words, word) {
			word += " (" + a.ID + ")"
		}
		words = append(words, word)
		if a.ID == p.base.ID {
			at = i
		}
	}
	p.which.Options = words
	p.which.Selected = ""
	if at >= 0 {
		p.which.Selected = words[at]
	}
	p.which.Refresh()
	for _, o := range []fyne.CanvasObject{p.choices[0], p.which, p.whichIs, p.frames[0]} {
		setHidden(o, len(words) < 2)
	}
	p.Layout(p.content.Objects, p.content.Size())
}

// choose fills the form with a line.
func (p *setupPane) choose(i int) {
	if i < 0 || i >= len(p.lines) || p.lines[i].ID == p.base.ID {
		return
	}
	p.base = p.lines[i]
	p.password.SetText("")
	p.result.show(bannerView{})
	p.several()
	p.account.SetText(bare(p.base.Address))
	p.user.SetText(p.base.Username)
	for i, t := range transports() {
		if t[1] == p.base.Transport {
			p.how.SetSelectedIndex(i)
		}
	}
}

// bare is an address as people write it.
func bare(address string) string { return strings.TrimPrefix(strings.TrimSpace(address), "sip:") }

// filled is the account with what the form says. All that the form does not show stays.
func (p *setupPane) filled() call.Account {
	a := p.base
	a.ID = cmp.Or(a.ID, "main")
	a.Address = "sip:" + bare(p.account.Text)
	if p.user.Text != a.Username {
		a.Username = strings.TrimSpace(p.user.Text)
	}
	a.Transport = transports()[p.how.SelectedIndex()][1]
	return a
}

func (p *setupPane) submit() {
	a := p.filled()
	if field, err := a.Wrong(); field == "address" {
		p.result.show(bannerView{text: "The account is written like 142@sip.example.com.", bad: true})
		return
	} else if err != nil {
		p.result.show(bannerView{text: "This does not fit the account.", detail: err.Error() + ".", bad: true})
		return
	}
	secret := p.password.Text
	p.password.SetText("")
	p.save.setDisabled(true)
	p.ask(func() func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err := p.setup.SaveAccount(ctx, a, secret)
		return func() { p.saved(a, err) }
	})
}

func (p *setupPane) saved(a call.Account, err error) {
	p.save.setDisabled(false)
	if err != nil {
		p.result.show(bannerView{text: err.Error() + ".", bad: true})
		return
	}
	if p.base.ID == a.ID || p.base.ID == "" { // else another line was chosen meanwhile
		p.base = a
	}
	p.result.show(bannerView{text: "Saved.", detail: "The line at the bottom right says whether it is ready.", good: true})
}

// Layout implements fyne.Layout.
func (p *setupPane) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place(o[0], 16, 14, s.Width-32, 32)
	y := float32(56)
	for i := 3; i+1 < len(o)-2; i += 2 {
		if o[i].Visible() {
			place(o[i], 16, y, s.Width-32, 18)
			p.layoutInput(o[i+1], y+20, s.Width-32)
			y += 66
		}
	}
	place(p.save, 16, y+4, s.Width-32, 40)
	place(p.result, 16, y+56, s.Width-32, bannerHeight)
}

// layoutInput places what is filled in; a choice has no edge of its own.
func (p *setupPane) layoutInput(o fyne.CanvasObject, y, w float32) {
	for i, choice := range p.choices {
		if o == choice {
			place(p.frames[i], 16, y, w, 36)
			place(o, 17, y+1, w-2, 34)
			return
		}
	}
	place(o, 16, y, w, 36)
}

// MinSize implements fyne.Layout.
func (p *setupPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(260, 440) }
