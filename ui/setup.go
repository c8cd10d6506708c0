package ui

import (
	"cmp"
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"sidetone/internal/call"
	"sidetone/internal/phone"
)

// Setup is where the account form leads. SaveAccount keeps the account in the settings and the password in the OS keyring,
// and registers; an empty password keeps the one the keyring has.
type Setup interface {
	SaveAccount(ctx context.Context, a call.Account, password string) error
}

// setupPane is the form of the agent's line.
type setupPane struct {
	setup    Setup
	ask      func(work func() func())
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
	p.save = newButton(buttonPrimary, "Save and register", "", p.submit)
	p.result = newBanner(nil)
	p.content = &fyne.Container{Layout: p}
	p.content.Objects = []fyne.CanvasObject{newTitle("Your line")}
	for _, f := range p.fields() {
		c := newCaption("")
		c.show(f.word, "", roleText)
		c.text.TextStyle.Bold = true
		p.content.Objects = append(p.content.Objects, c, f.input)
	}
	p.content.Objects = append(p.content.Objects, p.save, p.result)
	return p
}

type field struct {
	word  string
	input fyne.CanvasObject
}

func (p *setupPane) fields() []field {
	return []field{
		{"Account", p.account}, {"User name, if it differs", p.user}, {"Password", p.password}, {"How to connect", p.how},
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

// show fills the form once with the account there is; what a person types is never overwritten.
func (p *setupPane) show(s phone.Snapshot) {
	if p.base.ID != "" || len(s.Accounts) == 0 {
		return
	}
	p.base = s.Accounts[0].Account
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
	p.base = a
	p.result.show(bannerView{text: "Saved.", detail: "The line at the bottom right says whether it is ready.", good: true})
}

// Layout implements fyne.Layout.
func (p *setupPane) Layout(o []fyne.CanvasObject, s fyne.Size) {
	place(o[0], 16, 14, s.Width-32, 32)
	y := float32(56)
	for i := 1; i+1 < len(o)-2; i += 2 {
		place(o[i], 16, y, s.Width-32, 18)
		place(o[i+1], 16, y+20, s.Width-32, 36)
		y += 66
	}
	place(p.save, 16, y+4, s.Width-32, 40)
	place(p.result, 16, y+56, s.Width-32, bannerHeight)
}

// MinSize implements fyne.Layout.
func (p *setupPane) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(260, 440) }
