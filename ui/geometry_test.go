package ui

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"sidetone/internal/health"
	"sidetone/internal/phone"
)

// box is where something visible stands, in the pane's units.
type box struct {
	what       string
	x, y, w, h float32
}

func (b box) meets(o box) bool {
	const touch = 0.5
	return b.x+touch < o.x+o.w && o.x+touch < b.x+b.w && b.y+touch < o.y+o.h && o.y+touch < b.y+b.h
}

func (b box) within(o box) bool {
	const touch = 0.5
	return b.x+touch >= o.x && b.y+touch >= o.y && b.x+b.w <= o.x+o.w+touch && b.y+b.h <= o.y+o.h+touch
}

// texts are the visible texts in an object, the object's own place given.
func texts(o fyne.CanvasObject, at fyne.Position) (list []box) {
	if !o.Visible() {
		return nil
	}
	var inside []fyne.CanvasObject
	switch o := o.(type) {
	case *canvas.Text:
		if o.Text == "" {
			return nil
		}
		return []box{{o.Text, at.X, at.Y + (o.Size().Height-o.TextSize)/2, o.Size().Width, o.TextSize}} // without the leading
	case *fyne.Container:
		inside = o.Objects
	case *noteEntry, *numberEntry:
		return []box{{"a field", at.X, at.Y, o.Size().Width, o.Size().Height}}
	case fyne.Widget:
		inside = test.WidgetRenderer(o).Objects()
	}
	for _, i := range inside {
		list = append(list, texts(i, at.Add(i.Position()))...)
	}
	return list
}

// blocks are the pane's objects that draw anything, each as one box.
func blocks(p *phonePane) (list []box, within [][]box) {
	var add func(objects []fyne.CanvasObject, at fyne.Position)
	add = func(objects []fyne.CanvasObject, at fyne.Position) {
		for _, o := range objects {
			here := at.Add(o.Position())
			if c, ok := o.(*fyne.Container); ok && c.Visible() {
				add(c.Objects, here)
				continue
			}
			if inside := texts(o, here); len(inside) > 0 {
				list = append(list, box{fmt.Sprintf("%T %q", o, inside[0].what), here.X, here.Y, o.Size().Width, o.Size().Height})
				within = append(within, inside)
			}
		}
	}
	add(p.content.Objects, fyne.Position{})
	return list, within
}

// checkGeometry: no block meets another, none leaves the pane, and no text leaves its block.
func checkGeometry(t *testing.T, p *phonePane) {
	t.Helper()
	pane := box{"pane", 0, 0, p.content.Size().Width, p.content.Size().Height}
	list, within := blocks(p)
	for i, b := range list {
		if !b.within(pane) {
			t.Errorf("%+v is not in the pane", b)
		}
		for _, text := range within[i] {
			if !text.within(b) {
				t.Errorf("%+v leaves its block %+v", text, b)
			}
		}
		for j, o := range list[:i] {
			for _, one := range within[i] {
				for _, other := range within[j] {
					if one.meets(other) {
						t.Errorf("%+v meets %+v", one, other)
					}
				}
			}
			part := box{x: p.part.Position().X, y: p.part.Position().Y}
			onPlate := !p.part.Hidden && (b.x == part.x && b.y == part.y || o.x == part.x && o.y == part.y)
			if b.meets(o) && !onPlate {
				t.Errorf("%+v meets %+v", b, o)
			}
		}
	}
}

// everyView are all snapshots there are pictures of, and the questions whose reasons are longest.
func everyView() map[string]phone.Snapshot {
	all := scenes()
	maps.Copy(all, pairs())
	for _, name := range []string{"four", "three", "swap", "asked"} {
		s := all[name]
		s.Asking = &phone.Proposal{Key: "k", Shown: "+12025550107", Why: "No published range has this number, so a digit may be wrong.", Origin: "window"}
		all[name+"-asked"] = s
	}
	return all
}

// TestEveryViewHasRoomForItsWarning goes over all views, warnings and sizes, with the keypad and without: what is wrong is drawn
// whole, nothing covers it, and no two texts or buttons meet.
func TestEveryViewHasRoomForItsWarning(t *testing.T) {
	warnings := map[string][]health.Warning{
		"none": nil, "server gone": {health.New(health.LineDown, "The server at sip.example.com does not answer.", "Try now")},
		"microphone broken": {health.New(health.NoAudio, "The microphone and the speaker cannot be used: no sound system was found on this computer.", "")},
	}
	sizes := map[string]fyne.Size{"wide": Size(), "narrow": fyne.NewSize(320, 560), "580": fyne.NewSize(580, 560)}
	w, _ := newTestWindow(t, "light")
	for size, room := range sizes {
		w.win.Resize(room)
		for name, s := range everyView() {
			for wrong, list := range warnings {
				for _, keys := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/%s/keys=%v", size, name, wrong, keys), func(t *testing.T) {
						if list != nil {
							s.Warnings, s.Refused = list, nil
						}
						w.pane.keypad = false
						w.render(s, nil)
						if keys && (w.pane.keys.Hidden || w.pane.keys.disabled) {
							t.Skip("no keypad here")
						}
						w.pane.keypad = keys
						w.pane.draw()
						checkGeometry(t, w.pane)
						checkSaid(t, w.pane, list)
					})
				}
			}
		}
	}
}

// checkSaid: the slot is drawn with a warning's sentence, and what a question is about is not cut.
func checkSaid(t *testing.T, p *phonePane, list []health.Warning) {
	t.Helper()
	if says := p.says.text.Text + " " + p.says.more.Text; !p.says.Hidden && strings.Contains(says, "…") {
		t.Errorf("cut: %q", says)
	}
	if list == nil || p.view.scene == sceneWrapUp || p.view.scene == sceneAsk || p.view.banner.text == "" {
		return
	}
	b := p.banner
	if b.Hidden || b.back.Hidden || b.text.Text == "" || b.Size().Height < bannerHeight {
		t.Errorf("the slot is hidden or too low: %+v, size %v", b.view, b.Size())
	}
	if drawn := strings.Join(strings.Fields(b.text.Text+" "+b.detail.Text+" "+b.more.Text+" "+b.last.Text), " "); drawn != strings.TrimSpace(b.view.text+" "+b.view.detail) {
		t.Errorf("%q is drawn for %+v", drawn, b.view)
	}
}
