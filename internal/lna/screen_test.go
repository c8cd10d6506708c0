package lna

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// screen is a virtual screen of the test's own, with a mouse that reaches what belongs to the browser and not to a page.
type screen struct {
	t       *testing.T
	display string
}

func newScreen(t *testing.T) *screen {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		t.Fatalf("%v: install the package xvfb", err)
	}
	w.Close()
	t.Cleanup(func() {
		if err := x.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		_ = x.Wait() // how a screen ends says nothing
	})
	number, err := io.ReadAll(io.LimitReader(r, 8))
	if err != nil || len(number) == 0 {
		t.Fatalf("the virtual screen did not start: %v", err)
	}
	return &screen{t: t, display: ":" + strings.TrimSpace(string(number))}
}

func (s *screen) env() []string { return []string{"DISPLAY=" + s.display, "WAYLAND_DISPLAY="} }

// xdo runs xdotool and returns what it prints.
func (s *screen) xdo(args ...string) (string, error) {
	cmd := exec.Command("xdotool", args...)
	cmd.Env = append(os.Environ(), s.env()...)
	out, err := cmd.Output()
	return string(out), err
}

// click presses the mouse at a place of the screen.
func (s *screen) click(x, y int) error {
	_, err := s.xdo("mousemove", strconv.Itoa(x), strconv.Itoa(y), "click", "1")
	return err
}

// area is where a window lies.
type area struct{ x, y, w, h int }

// panels are the windows of a class that are too small to be pages and too large to be helpers: a browser's questions.
func (s *screen) panels(class string) []area {
	out, err := s.xdo("search", "--onlyvisible", "--class", class, "getwindowgeometry", "--shell", "%@")
	if err != nil {
		return nil // no window
	}
	var all []area
	var at area
	for line := range strings.Lines(out) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "=")
		v, _ := strconv.Atoi(text)
		switch name {
		case "X":
			at.x = v
		case "Y":
			at.y = v
		case "WIDTH":
			at.w = v
		case "HEIGHT":
			at.h = v
			if at.w > 250 && at.w < 700 && at.h > 100 && at.h < 350 {
				all = append(all, at)
			}
		}
	}
	return all
}

// shot photographs the whole screen, with what the browser draws around the page.
func (s *screen) shot(path string) error {
	cmd := exec.Command("import", "-display", s.display, "-window", "root", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// colour is that of one place of the screen, each part from 0 to 255.
func (s *screen) colour(x, y int) (r, g, b int) {
	s.t.Helper()
	cmd := exec.Command("import", "-display", s.display, "-window", "root", "-crop", fmt.Sprintf("1x1+%d+%d", x, y), "png:-")
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("the screen cannot be read: %v. Install the package imagemagick", err)
	}
	img, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		s.t.Fatal(err)
	}
	at := img.Bounds().Min
	red, green, blue, _ := img.At(at.X, at.Y).RGBA()
	return int(red >> 8), int(green >> 8), int(blue >> 8)
}

// shots is where pictures go; "" is nowhere.
func shots(name string) string {
	dir := os.Getenv("SIDETONE_SHOTS")
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "lna-"+strings.NewReplacer("/", "-", " ", "-").Replace(name)+".png")
}

// removed deletes a folder in which a browser may write its last file just now.
func removed(t *testing.T, dir string) {
	var err error
	for range 40 {
		if err = os.RemoveAll(dir); err == nil {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Error(err)
}
