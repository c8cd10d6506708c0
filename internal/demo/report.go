package demo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sidetone/internal/pbx"
)

// step is one line of the report.
type step struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	MS     int64  `json:"ms"`
	Detail string `json:"detail"`
}

// report is report.json and report.md, and the folder they lie in.
type report struct {
	OK              bool    `json:"ok"`
	Steps           []step  `json:"steps"`
	ClickToInvite   float64 `json:"click_to_invite_ms"`
	StartToRegister float64 `json:"start_to_registered_ms"`

	out    string
	quiet  bool
	appLog syncBuffer

	mu      sync.Mutex
	invites []time.Time // when INVITEs of the phone reached the exchange
}

func (r *report) file(name string) string { return filepath.Join(r.out, name) }

// wire is told every SIP message of the exchange.
func (r *report) wire(e pbx.Entry) {
	if !e.Inbound || !strings.HasPrefix(e.Message, "INVITE ") {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.invites = append(r.invites, e.At)
}

// firstInvite is when the first INVITE after a moment arrived.
func (r *report) firstInvite(after time.Time) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.invites {
		if at.After(after) {
			return at, true
		}
	}
	return time.Time{}, false
}

// add notes a step and says it.
func (r *report) add(name string, began time.Time, detail string, err error) {
	s := step{Name: name, OK: err == nil, MS: time.Since(began).Milliseconds(), Detail: detail}
	if err != nil {
		s.Detail = err.Error()
	}
	r.Steps = append(r.Steps, s)
	if r.quiet {
		return
	}
	mark := "ok  "
	if err != nil {
		mark = "FAIL"
	}
	fmt.Printf("%s %6d ms  %s  %s\n", mark, s.MS, s.Name, s.Detail)
}

// write writes both forms.
func (r *report) write() error {
	body, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	var md strings.Builder
	verdict := "All of it happened."
	if !r.OK {
		verdict = "Not all of it happened."
	}
	fmt.Fprintf(&md, "# The story\n\n%s\n\nClick in Kustomer to INVITE on the wire: **%.1f ms**. App started to registered: **%.0f ms**.\n\n", verdict, r.ClickToInvite, r.StartToRegister)
	md.WriteString("| step | | ms | |\n|---|---|---:|---|\n")
	for _, s := range r.Steps {
		mark := "✓"
		if !s.OK {
			mark = "✗"
		}
		fmt.Fprintf(&md, "| %s | %s | %d | %s |\n", s.Name, mark, s.MS, strings.ReplaceAll(strings.ReplaceAll(s.Detail, "|", "\\|"), "\n", " "))
	}
	return errors.Join(
		os.WriteFile(r.file("report.json"), append(body, '\n'), 0o644),
		os.WriteFile(r.file("report.md"), []byte(md.String()), 0o644),
		os.WriteFile(r.file("app.log"), []byte(r.appLog.String()), 0o644),
	)
}

// syncBuffer collects a program's standard error.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
