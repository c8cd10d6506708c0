package demo

import (
	"context"
	"fmt"
	"os/exec"
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

// picture saves what the window shows. A window opens black; one colour alone is not yet a picture.
func (w *window) picture(ctx context.Context, path string) error {
	for {
		if _, err := w.run(ctx, "import", "-window", w.id, path); err != nil {
			return fmt.Errorf("the window cannot be photographed: %w. Install the package imagemagick", err)
		}
		colours, err := w.run(ctx, "identify", "-format", "%k", path)
		if err != nil {
			return fmt.Errorf("the picture %s cannot be read: %w", path, err)
		}
		if strings.TrimSpace(colours) != "1" {
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("the window stayed blank: %w", err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
