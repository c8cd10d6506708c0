package demo

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// spot is a place in the app's window of 760 × 560, from its top left corner.
type spot struct{ x, y int }

// The places a person clicks; they follow from the heights of the design.
func statusSpot() spot  { return spot{566, 44} }
func firstStatus() spot { return spot{480, 94} }
func holdSpot() spot    { return spot{566, 271} }
func hangupSpot() spot  { return spot{566, 520} }
func doneSpot() spot    { return spot{566, 520} }
func noteSpot() spot    { return spot{566, 350} }
func answerSpot() spot  { return spot{490, 268} }
func digitsSpot() spot  { return spot{214, 129} }
func statusEdge() spot  { return spot{420, 30} }
func plateSpot() spot   { return spot{400, 200} }

// Those of two calls: the button that asks a colleague, and the one that goes back to the customer.
func transferSpot() spot { return spot{476, 320} }
func cancelSpot() spot   { return spot{566, 524} }

// window is the app's window on the virtual screen, driven by the mouse.
type window struct {
	id  string
	env []string
}

// findWindow waits for the app's window.
func (s *stage) findWindow(ctx context.Context) error {
	w := &window{env: s.env()}
	for {
		out, err := w.run(ctx, "xdotool", "search", "--onlyvisible", "--name", "^Sidetone$")
		if ids := strings.Fields(out); err == nil && len(ids) > 0 {
			w.id = ids[0]
			s.window = w
			return nil
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("the app's window did not open: %w\n%s", err, s.report.appLog.String())
		}
	}
}

func (w *window) run(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = w.env
	out, err := cmd.Output()
	return string(out), err
}

// click presses and releases the mouse button with a hand's pauses: a window that polls 60 times a second must see both.
func (w *window) click(ctx context.Context, at spot) error {
	x, y := strconv.Itoa(at.x), strconv.Itoa(at.y)
	steps := [][]string{{"mousemove", "--window", w.id, x, y}, {"mousedown", "1"}, {"mouseup", "1"}}
	for _, args := range steps {
		if _, err := w.run(ctx, "xdotool", args...); err != nil {
			return fmt.Errorf("the mouse cannot be moved: %w. Install the package xdotool", err)
		}
		if err := pause(ctx, 90*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// typed types on the keyboard and ends with Enter.
func (w *window) typed(ctx context.Context, text string) error {
	if err := w.keys(ctx, text); err != nil {
		return err
	}
	return w.keyboard(ctx, "key", "Return")
}

// keys types on the keyboard.
func (w *window) keys(ctx context.Context, text string) error {
	return w.keyboard(ctx, "type", "--delay", "60", text)
}

func (w *window) keyboard(ctx context.Context, args ...string) error {
	if _, err := w.run(ctx, "xdotool", args...); err != nil {
		return fmt.Errorf("the keyboard cannot be used: %w. Install the package xdotool", err)
	}
	return nil
}

// look is what the window shows once a state is drawn: the colour at one place, as the design has it in the light theme.
type look struct {
	what   string
	at     spot
	colour string // RRGGBB
}

// The colours of the status at its left end, and of the plate below it.
func available() look { return look{"the status Available", statusEdge(), "D9EFE2"} }
func away() look      { return look{"the status Unavailable", statusEdge(), "F7E4DA"} }
func offline() look   { return look{"the status Offline", statusEdge(), "E3E9E7"} }
func live() look      { return look{"a live call", plateSpot(), "0A4A52"} }
func held() look      { return look{"a held call", plateSpot(), "F0BF4A"} }
func ringing() look   { return look{"a ringing call", plateSpot(), "1D4E9E"} }
func wrapping() look  { return look{"the wrap-up", plateSpot(), "57367A"} }

// asking is the field for whom to ask, where the plate stood; two calls have the buttons between them there.
func asking() look   { return look{"the question whom to ask", plateSpot(), "FFFFFF"} }
func twoCalls() look { return look{"two calls", spot{400, 188}, "FFFFFF"} }

func statusMenu() look { return look{"the menu of statuses", spot{414, 84}, "FFFFFF"} }
func digitBoxes() look { return look{"the boxes for the digits", spot{80, 129}, "FFFFFF"} }

// shoot saves what the window shows.
func (w *window) shoot(ctx context.Context, path string) error {
	if _, err := w.run(ctx, "import", "-window", w.id, path); err != nil {
		return fmt.Errorf("the window cannot be photographed: %w. Install the package imagemagick", err)
	}
	return nil
}

// picture saves what the window shows once it has drawn what it should.
func (w *window) picture(ctx context.Context, path string, l look) error {
	for {
		if err := w.shoot(ctx, path); err != nil {
			return err
		}
		seen, err := colourAt(path, l.at)
		if err != nil || seen == l.colour {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("waited for the window to draw %s: not within %s; at %d, %d it is #%s and not #%s", l.what, eachStep, l.at.x, l.at.y, seen, l.colour)
		}
	}
}

// shows waits until the window has drawn what it should.
func (w *window) shows(ctx context.Context, l look) error {
	dir, err := os.MkdirTemp("", "sidetone-look-")
	if err != nil {
		return err
	}
	return errors.Join(w.picture(ctx, filepath.Join(dir, "look.png"), l), os.RemoveAll(dir))
}

// colourAt reads one place of a picture, as RRGGBB.
func colourAt(path string, at spot) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	p, err := png.Decode(f)
	if err != nil {
		return "", fmt.Errorf("the picture %s cannot be read: %w", path, err)
	}
	r, g, b, _ := p.At(at.x, at.y).RGBA()
	return fmt.Sprintf("%02X%02X%02X", r>>8, g>>8, b>>8), nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
