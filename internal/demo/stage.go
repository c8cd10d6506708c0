package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sidetone/internal/browser"
	"sidetone/internal/lab"
)

// stage is everything that runs during a story.
type stage struct {
	o       Options
	report  *report
	dir     string // throw-away profile
	display string // "DISPLAY=:7", empty: the person's own
	lab     *lab.Lab
	chrome  *browser.Browser
	window  *window
	app     *exec.Cmd
	began   time.Time // when the app was started
	undo    []func() error
}

// setStage starts screen, lab, app and browser. On an error what was started is ended again.
func setStage(ctx context.Context, o Options, r *report) (s *stage, err error) {
	s = &stage{o: o, report: r}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.strike())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "sidetone-demo-"); err != nil {
		return s, fmt.Errorf("the throw-away profile cannot be made: %w", err)
	}
	s.undo = append(s.undo, func() error { return os.RemoveAll(s.dir) })
	if err = os.Mkdir(filepath.Join(s.dir, ".cache"), 0o700); err != nil { // Fyne complains without it
		return s, err
	}
	if o.Auto {
		if err = s.startScreen(ctx); err != nil {
			return s, err
		}
	}
	port, err := lab.FreePort()
	if err != nil {
		return s, err
	}
	var stop func() error
	if s.lab, stop, err = lights(ctx, port, r); err != nil {
		return s, err
	}
	s.undo = append(s.undo, stop)
	if err = s.startApp(port); err != nil {
		return s, err
	}
	s.chrome, err = browser.Start(context.WithoutCancel(ctx), browser.Options{
		Headless: o.Auto, URL: s.lab.HostOrigin(), Width: 1280, Height: 860,
	})
	if err == nil {
		s.undo = append(s.undo, s.chrome.Close)
	}
	return s, err
}

// strike ends everything in reverse order.
func (s *stage) strike() error {
	var errs []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = nil
	return errors.Join(errs...)
}

// startScreen runs a virtual screen with a window manager.
func (s *stage) startScreen(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := s.start(x, "xvfb"); err != nil {
		return errors.Join(err, w.Close())
	}
	w.Close()
	stop := context.AfterFunc(ctx, func() { r.Close() })
	defer stop()
	number, err := io.ReadAll(io.LimitReader(r, 8))
	if err != nil || len(number) == 0 {
		return errors.New("the virtual screen did not start")
	}
	s.display = "DISPLAY=:" + strings.TrimSpace(string(number))
	return s.start(exec.Command("openbox"), "openbox")
}

// start runs a helper program on our screen and ends it with the stage.
func (s *stage) start(cmd *exec.Cmd, pkg string) error {
	cmd.Env = s.env()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s cannot be started: %w. Install the package %s", cmd.Path, err, pkg)
	}
	s.undo = append(s.undo, func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		_ = cmd.Wait() // how a screen or a window manager ends says nothing
		return nil
	})
	return nil
}

func (s *stage) env() []string {
	env := os.Environ()
	if s.display != "" {
		env = append(env, s.display, "WAYLAND_DISPLAY=", "XDG_RUNTIME_DIR="+s.dir, "HOME="+s.dir, "LANG=C.UTF-8")
	}
	return env
}

// startApp writes the profile and starts the app as a person would, with the password on standard input.
func (s *stage) startApp(bridgePort int) error {
	settings := filepath.Join(s.dir, "config.toml")
	if err := os.WriteFile(settings, []byte(s.lab.Settings([]int{bridgePort})), 0o600); err != nil {
		return err
	}
	args := []string{"--data-dir", s.dir, "--theme", "light", "--password-stdin"}
	if s.o.Auto {
		speech := filepath.Join(s.dir, "agent.wav")
		if err := writeSpeech(speech); err != nil {
			return err
		}
		heard, err := filepath.Abs(s.report.file("agent-heard.wav"))
		if err != nil {
			return err
		}
		args = append(args, "--audio-in", "file:"+speech, "--audio-out", "file:"+heard)
	}
	s.app = exec.Command(filepath.Join(s.o.Bin, "sidetone"), args...)
	s.app.Env = s.env()
	s.app.Stdin = strings.NewReader(lab.Password + "\n")
	s.app.Stderr = &s.report.appLog
	s.began = time.Now()
	if err := s.app.Start(); err != nil {
		return fmt.Errorf("the app cannot be started: %w", err)
	}
	s.undo = append(s.undo, s.endApp)
	return nil
}

// endApp asks the app to end and takes how it does for a step of the story.
func (s *stage) endApp() error {
	began := time.Now()
	if err := s.app.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.AfterFunc(10*time.Second, func() { _ = s.app.Process.Kill() })
	defer timer.Stop()
	err := s.app.Wait()
	if err == nil && s.lab.PBX.Registered(lab.User) {
		err = errors.New("the registration was left behind")
	}
	if err != nil {
		err = fmt.Errorf("the app did not end well: %w\n%s", err, s.report.appLog.String())
	}
	s.report.add("app ended and un-registered", began, "", err)
	return err
}
