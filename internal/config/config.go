// Package config reads and writes the agent's settings: one TOML file without secrets.
package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"sidetone/internal/call"
	"sidetone/internal/number"
)

// Config is the whole file. The zero value of every field means the default.
type Config struct {
	Accounts   []call.Account `toml:"account"`
	SIP        SIP            `toml:"sip"`
	Media      Media          `toml:"media"`
	Bridge     Bridge         `toml:"bridge"`
	Dial       Dial           `toml:"dial"`
	Calls      Calls          `toml:"calls"`
	Colleagues []Colleague    `toml:"colleague"`
	Kustomer   Kustomer       `toml:"kustomer"`
	WrapUp     WrapUp         `toml:"wrap_up"`
	Window     Window         `toml:"window"`
}

// Media is the [media] table.
type Media struct {
	RTPPorts   string   `toml:"rtp_ports"`   // "40000-40100"; empty: any
	Codecs     []string `toml:"codecs"`      // in order of preference: "opus", "g722", "pcmu", "pcma"
	SRTP       string   `toml:"srtp"`        // what own offers of accounts without encryption ask for: "off" (default) or "sdes", which a far end must take
	ICEServers []string `toml:"ice_servers"` // "stun:host", "turn:host:port?transport=tcp", "turns:host": asked for candidates
	TURNUser   string   `toml:"turn_user"`   // at those that relay; the password is in the keyring, as media.turn
	Silence    string   `toml:"silence"`     // "sent" (default), or "suppressed", where the far end agrees
	Processing string   `toml:"processing"`  // "auto" (default), "off", or any of echo, noise and gain
	Microphone Devices  `toml:"microphone"`  // the best first; none: the system's default
	Speaker    Devices  `toml:"speaker"`
	Ringer     Devices  `toml:"ringer"`
	RingAll    bool     `toml:"ring_all"` // every ringer that is connected rings, not only the first
}

// Bridge is the [bridge] table.
type Bridge struct {
	Ports   []int    `toml:"ports"`   // tried in order; empty: the three the widget knows
	Origins []string `toml:"origins"` // exact origins of the widget's pages, "https://widget.example.com"
	Off     bool     `toml:"off"`     // no bridge at all
	Forget  bool     `toml:"forget"`  // pairings last for one run; nothing goes to the keyring
}

// Dial is the [dial] table: how numbers are read and what is asked before a call.
type Dial struct {
	number.Rules
	FirstClick string `toml:"first_click"` // the first call from Kustomer after a start: "ask" (default) or "dial"
}

func (d Dial) check() error {
	if err := d.Rules.Check(); err != nil {
		field, _, _ := strings.Cut(err.Error(), " ")
		if field == "step" || field == "the" { // of the plan
			field = "plan"
		}
		return at(fmt.Errorf("dial: %w", err), "dial", field)
	}
	if !slices.Contains([]string{"", "ask", "dial"}, d.FirstClick) {
		return at(fmt.Errorf("dial.first_click is %q: use ask or dial", d.FirstClick), "dial", "first_click")
	}
	return nil
}

// AskFirst reports whether the first call from Kustomer waits for the agent's word.
func (d Dial) AskFirst() bool { return d.FirstClick != "dial" }

// Window is the [window] table.
type Window struct {
	Theme string `toml:"theme"` // "light", "dark"; empty: as the system
}

// maxFile bounds the file, in bytes. The TOML reader takes hours or the whole stack for some longer ones.
const maxFile = 16 << 10

// Load reads a file. A missing file is an empty Config. The error names the file and the line and says what to do; the
// file is never changed.
func Load(path string) (Config, error) {
	b, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, nil
	}
	if err != nil {
		return Config{}, fmt.Errorf("the settings %s cannot be read: %w", path, err)
	}
	c, err := Parse(b)
	if err != nil {
		return Config{}, fmt.Errorf("the settings %s are not used: %w", path, err)
	}
	return c, nil
}

// read takes in at most a byte more than Parse accepts.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// Parse reads the text of a file and checks every value. Unknown keys are refused: a mistyped key must not be a silent
// default.
func Parse(b []byte) (Config, error) {
	if len(b) > maxFile {
		return Config{}, fmt.Errorf("the file is longer than %d bytes. Shorten it", maxFile)
	}
	c, unknown, err := decode(b)
	c.normal()
	switch {
	case err != nil:
		return Config{}, err
	case len(unknown) > 0:
		return Config{}, on(string(b), place{anyTable, unknown[0]}, unknownKey(unknown[0]))
	}
	var no *wrong
	if err := c.Check(); errors.As(err, &no) {
		return Config{}, on(string(b), no.place, no.err)
	}
	return c, nil
}

// decode reads the text and returns the keys that are no settings as well. Accounts and colleagues come last and one
// by one: the reader's own errors do not tell one from another.
func decode(b []byte) (Config, []toml.Key, error) {
	var f struct {
		Accounts   []toml.Primitive `toml:"account"`
		SIP        SIP              `toml:"sip"`
		Media      Media            `toml:"media"`
		Bridge     Bridge           `toml:"bridge"`
		Dial       Dial             `toml:"dial"`
		Calls      Calls            `toml:"calls"`
		Colleagues []toml.Primitive `toml:"colleague"`
		Kustomer   Kustomer         `toml:"kustomer"`
		WrapUp     WrapUp           `toml:"wrap_up"`
		Window     Window           `toml:"window"`
	}
	meta, err := toml.NewDecoder(bytes.NewReader(b)).Decode(&f)
	if err != nil {
		return Config{}, nil, unreadable(b, anyTable, err)
	}
	c := Config{SIP: f.SIP, Media: f.Media, Bridge: f.Bridge, Dial: f.Dial, Calls: f.Calls, WrapUp: f.WrapUp, Kustomer: f.Kustomer, Window: f.Window}
	if c.Accounts, err = each[call.Account](meta, f.Accounts, b); err != nil {
		return Config{}, nil, err
	}
	if c.Colleagues, err = each[Colleague](meta, f.Colleagues, b); err != nil {
		return Config{}, nil, err
	}
	return c, meta.Undecoded(), nil
}

// each reads tables of one name.
func each[T any](meta toml.MetaData, tables []toml.Primitive, b []byte) ([]T, error) {
	var out []T
	for i, p := range tables {
		var v T
		if err := meta.PrimitiveDecode(p, &v); err != nil {
			return nil, unreadable(b, i, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// unreadable is the sentence for what the reader did not take in: its grammar errors know their line, a value of the wrong
// kind is looked for.
func unreadable(b []byte, nth int, err error) error {
	var at toml.ParseError
	if errors.As(err, &at) {
		n, text := grammar(string(b), at.Position.Line, at.Message)
		return fmt.Errorf("line %d: %s", n, text)
	}
	text := kinds(strings.TrimPrefix(err.Error(), "toml: "))
	if m := regexp.MustCompile(`^(?:line \d+ )?\(last key "([^"]*)"\): (.*)`).FindStringSubmatch(text); m != nil {
		if says := brackets(m[1], m[2]); says != "" {
			return on(string(b), place{nth, []string{m[1]}}, errors.New(says))
		}
		return on(string(b), place{nth, strings.Split(m[1], ".")}, fmt.Errorf("%s: %s. Mend or remove the line", m[1], m[2]))
	}
	return fmt.Errorf("%s. Mend or remove the line", text)
}

// brackets says that a table is written with the wrong number of them, or nothing. what is what kinds says of it.
func brackets(table, what string) string {
	switch {
	case table != "account" && table != "colleague":
		if strings.HasSuffix(what, "not several tables") {
			return fmt.Sprintf("there is one %s only: write [%s], with one bracket", table, table)
		}
	case strings.HasSuffix(what, "not a table"):
		return fmt.Sprintf("there may be several of these: write [[%s]], with two brackets", table)
	}
	return ""
}

func unknownKey(k toml.Key) error {
	name := k.String()
	if strings.Contains(strings.ToLower(name), "password") {
		return fmt.Errorf("a password never goes into this file: remove %q and give it to the keyring with sidetonectl password", name)
	}
	return fmt.Errorf("%q is not a setting. Check its spelling or remove it", name)
}

// Check says in one sentence what the first wrong value is.
func (c Config) Check() error {
	seen := map[string]bool{}
	for i, a := range c.Accounts {
		field, err := a.Wrong()
		if err == nil {
			field, err = "voicemail", checkVoicemail(a, c.Dial.Rules)
		}
		if err == nil && seen[a.ID] {
			field, err = "id", fmt.Errorf("two accounts are named %q: give each its own id", a.ID)
		}
		if err != nil {
			return &wrong{place{i, []string{"account", field}}, err}
		}
		seen[a.ID] = true
	}
	if err := c.Dial.check(); err != nil {
		return err
	}
	if err := c.Calls.check(c.Dial.Rules, c.Accounts); err != nil {
		return err
	}
	if err := checkColleagues(c.Colleagues, c.Dial.Rules); err != nil {
		return err
	}
	if _, err := c.WrapUp.Times(); err != nil {
		return err
	}
	if field, err := c.SIP.wrong(); err != nil {
		return at(err, "sip", field)
	}
	if err := c.Media.check(); err != nil {
		return err
	}
	return c.checkRest()
}

func (m Media) check() error {
	if _, _, err := m.PortRange(); err != nil {
		return at(err, "media", "rtp_ports")
	}
	for _, name := range m.Codecs {
		if !slices.Contains([]string{"opus", "g722", "pcmu", "pcma"}, strings.ToLower(name)) {
			return at(fmt.Errorf("media.codecs has %q: use opus, g722, pcmu or pcma", name), "media", "codecs")
		}
	}
	if !slices.Contains([]string{"", "off", "sdes"}, m.SRTP) {
		return at(fmt.Errorf("media.srtp is %q: use off or sdes", m.SRTP), "media", "srtp")
	}
	if err := cmp.Or(m.checkICE(), m.checkDevices()); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "sent", "suppressed"}, m.Silence) {
		return at(fmt.Errorf("media.silence is %q: use sent or suppressed", m.Silence), "media", "silence")
	}
	if !slices.Contains([]string{"", "off", "auto"}, m.Processing) && slices.ContainsFunc(strings.Fields(m.Processing), unheardOf) {
		return at(fmt.Errorf("media.processing is %q: use auto, off, or any of echo, noise and gain", m.Processing), "media", "processing")
	}
	return nil
}

func (c Config) checkRest() error {
	for _, p := range c.Bridge.Ports {
		if p < 0 || p > 65535 {
			return at(fmt.Errorf("bridge.ports has %d: use 1 to 65535", p), "bridge", "ports")
		}
	}
	for _, o := range c.Bridge.Origins {
		if !isOrigin(o) {
			return at(fmt.Errorf("bridge.origins has %q: write it as https://host, without a path%s", o, hostHint(o)), "bridge", "origins")
		}
	}
	if err := c.Kustomer.check(); err != nil {
		return err
	}
	if !slices.Contains([]string{"", "light", "dark"}, c.Window.Theme) {
		return at(fmt.Errorf("window.theme is %q: use light or dark, or remove it", c.Window.Theme), "window", "theme")
	}
	return nil
}

// checkVoicemail says what is wrong with what is dialled to hear the messages.
func checkVoicemail(a call.Account, rules number.Rules) error {
	if a.Voicemail == "" {
		return nil
	}
	if _, err := number.Read(a.Voicemail, number.Agent, rules); err != nil {
		return fmt.Errorf("account %s: voicemail is %q: write what is dialled, a number, a code such as *97 or an address such as sip:messages@example.com", a.ID, a.Voicemail)
	}
	return nil
}

// Locate puts its line in the file before an error about a value that was found to be wrong only where it was used. Any other
// error is returned as it is.
func Locate(path string, err error) error {
	var no *wrong
	if !errors.As(err, &no) {
		return err
	}
	b, unread := read(path)
	if unread != nil {
		return err
	}
	return on(string(b), no.place, no.err)
}

// unheardOf reports whether a word is none of what can be done to a voice.
func unheardOf(word string) bool { return !slices.Contains([]string{"echo", "noise", "gain"}, word) }

// PortRange is rtp_ports as numbers; 0, 0 means any.
func (m Media) PortRange() (low, high int, err error) {
	if m.RTPPorts == "" {
		return 0, 0, nil
	}
	a, b, _ := strings.Cut(m.RTPPorts, "-")
	low, errLow := strconv.Atoi(strings.TrimSpace(a))
	high, errHigh := strconv.Atoi(strings.TrimSpace(b))
	if errLow != nil || errHigh != nil || low < 1024 || high > 65535 || high-low < 3 {
		return 0, 0, fmt.Errorf("media.rtp_ports is %q: write it as 40000-40100, at least four ports from 1024 to 65535", m.RTPPorts)
	}
	return low, high, nil
}

// replace writes the file so that a crash leaves either the old or the new one: a temporary file, flushed, then renamed.
func replace(path string, body []byte) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the link stays, what it names is written
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".settings-*")
	if err != nil {
		return fmt.Errorf("the settings %s cannot be written: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("the settings %s cannot be written: %w", path, err), os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(body)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
