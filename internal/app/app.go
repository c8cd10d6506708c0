// Package app is the composition root: it builds the phone with its adapters, runs them and stops them in order.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"sidetone/internal/audio"
	"sidetone/internal/call"
	"sidetone/internal/config"
	"sidetone/internal/control"
	"sidetone/internal/media"
	"sidetone/internal/netmon"
	"sidetone/internal/phone"
	"sidetone/internal/secret"
	"sidetone/internal/store"
	"sidetone/internal/trace"
	"sidetone/sip"
	"sidetone/sip/locate"
	"sidetone/widgetbridge"
)

// Options are what a program's flags say.
type Options struct {
	DataDir   string // folder of the journal, the socket and the lock; made if missing
	Config    string // settings file; DataDir/config.toml if empty
	AudioIn   string // microphone of this run, over the settings
	AudioOut  string // speaker and ring device of this run, over the settings
	Link      string // a number to dial once a line is ready, as Link returns it
	Version   string
	Passwords Passwords
	Log       *slog.Logger
}

// settings is the path of the settings file.
func (o Options) settings() string {
	if o.Config != "" {
		return o.Config
	}
	return filepath.Join(o.DataDir, "config.toml")
}

// App is a whole phone without a window. New builds it, Run runs it once.
type App struct {
	Phone *phone.Phone
	Store *store.Store
	// Browse opens a page of Kustomer in the agent's browser; nil: nothing does. It is set before Run.
	Browse func(link string) error

	options Options
	path    string // of the settings
	lock    *flock.Flock
	signal  *sip.UA
	trace   *trace.Log
	audio   *audio.System
	media   *media.Engine
	bridge  *widgetbridge.Bridge // nil if the settings say off
	control *control.Server
	log     *slog.Logger

	mu     sync.Mutex // guards config
	config config.Config
}

// ErrInUse says that another Sidetone runs with the same data folder.
var ErrInUse = errors.New("sidetone is already running with this data folder")

// Failure is what keeps a phone from starting for which neither its options nor its settings are to blame.
type Failure struct{ Err error }

// Error is the sentence of what failed.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns what failed.
func (f *Failure) Unwrap() error { return f.Err }

// Prepare sets what the SIP library keeps for a whole process. A program calls it once, before New.
func Prepare() { sip.Prepare() }

// New reads the settings and opens what a phone needs. Each error is one sentence that says what to do. Nothing runs yet.
func New(o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &App{options: o, log: o.Log, path: o.settings()}
	if err := a.open(); err != nil {
		return nil, errors.Join(err, a.release())
	}
	return a, nil
}

// open takes the lock and everything that can refuse.
func (a *App) open() (err error) {
	dir := a.options.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return noFolder(dir, "made", err)
	}
	a.lock = flock.New(filepath.Join(dir, "lock"))
	got, err := a.lock.TryLock()
	if err != nil {
		return noFolder(dir, "written", err)
	}
	if !got {
		return fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	if a.options.Config != "" {
		if _, err := os.Stat(a.path); err != nil {
			return fmt.Errorf("the settings %s given with --config cannot be read: %w", a.path, err)
		}
	}
	if a.config, err = config.Load(a.path); err != nil {
		return err
	}
	a.Phone = phone.New(phone.Times{}, a.log)
	if a.Store, err = store.Open(dir, a.Phone.Sink); err != nil {
		return &Failure{err}
	}
	if err := a.build(); err != nil {
		return err
	}
	var bridge control.Bridge
	if a.bridge != nil {
		bridge = a.bridge
	}
	a.control, err = control.Listen(dir, control.Ports{Phone: a.Phone, Journal: a.Store, Outbox: a.Store, Bridge: bridge, Trace: a.trace, Counts: a.counts, Sound: sound{a}}, a.log)
	return err
}

// noFolder says why a data folder cannot be used.
func noFolder(dir, what string, err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &Failure{fmt.Errorf("the disk is full, so the data folder %s cannot be %s: free some space, or choose another with --data-dir", dir, what)}
	}
	return fmt.Errorf("the data folder %s cannot be %s: %w. Choose another with --data-dir", dir, what, err)
}

// Bridge is the bridge to Kustomer, nil if the settings switch it off.
func (a *App) Bridge() *widgetbridge.Bridge { return a.bridge }

// build makes the adapters out of the settings.
func (a *App) build() error {
	c := a.config
	low, high, err := c.Media.PortRange()
	if err != nil {
		return err
	}
	if err := a.devices(c.Media).Check(); err != nil {
		return err
	}
	a.audio = audio.New(a.devices(c.Media), a.log)
	trust, err := trust(c.SIP, filepath.Dir(a.path), secret.Keyring{}.Get)
	if err != nil {
		return fmt.Errorf("the settings %s are not used: %w", a.path, config.Locate(a.path, err))
	}
	proxy, err := c.SIP.ProxyURL()
	if err != nil {
		return err
	}
	also, err := c.SIP.AlsoFrom()
	if err != nil {
		return err
	}
	a.trace = trace.NewLog()
	a.signal = sip.New(sip.Config{
		Port: c.SIP.Port, UserAgent: "Sidetone/" + a.options.Version, Password: a.password, Log: a.log, Trust: trust, Proxy: proxy,
		Instance: instance(a.options.DataDir), Trace: a.traced, Resolver: locate.NewSystem(c.SIP.DNS), AlsoFrom: also,
	}, a.Phone.Sink)
	mc := media.Config{
		PortMin: low, PortMax: high, Codecs: c.Media.Codecs, Quiet: c.Media.Silence == "suppressed", Processing: c.Media.Processing, Secure: c.Media.SRTP == "sdes", Account: a.account,
		ICEServers: c.Media.ICEServers, TURNUser: c.Media.TURNUser, TURNPassword: a.turnPassword,
		Audio: a.audio, LocalAddr: a.signal.Local, Log: a.log,
	}
	if err := mc.Check(); err != nil {
		return fmt.Errorf("the settings %s are not used: %w", a.path, err)
	}
	a.media = media.New(mc, a.Phone.Sink)
	if !c.Bridge.Off {
		a.bridge = widgetbridge.New(widgetbridge.Config{
			Ports: c.Bridge.Ports, Origins: c.Bridge.Origins, Hosts: c.Kustomer.Hosts, Phone: a.Phone, Log: a.log, Version: a.options.Version, Keep: a.keep,
		})
	}
	return nil
}

// devices are those of the settings, or of the options in their place.
func (a *App) devices(m config.Media) audio.Choice {
	choice := audio.Choice{Input: m.Microphone.Lines(), Output: m.Speaker.Lines(), Ring: m.Ringer.Lines(), RingAll: m.RingAll}
	if a.options.AudioIn != "" {
		choice.Input = a.options.AudioIn
	}
	if a.options.AudioOut != "" {
		choice.Output, choice.Ring = a.options.AudioOut, "null"
	}
	return choice
}

// release gives back what open took, for a start that failed.
func (a *App) release() error {
	if a.lock == nil {
		return nil
	}
	return a.lock.Unlock()
}

// Run runs the phone until ctx ends or a part fails. It stops the calls first, then tells Kustomer, and stops the journal
// last, so that a call hung up by the end is still recorded.
func (a *App) Run(ctx context.Context) error {
	defer a.lock.Unlock()
	a.recall(context.WithoutCancel(ctx)) // also where the end comes before the beginning: nothing is forgotten
	dial := a.Config().Dial
	a.Phone.Report(phone.UseRules{Rules: dial.Rules, AskFirst: dial.AskFirst()})
	a.Phone.Report(callRules(a.Config()))
	a.Phone.Report(colleagues(a.Config()))
	a.Phone.Report(phone.PopRule(a.Config().Kustomer.PopRule()))
	a.Phone.Report(phone.LogRules(a.Config().Kustomer.LogRules()))
	a.Phone.Report(statusRules(a.Config().WrapUp))
	a.useAccounts(a.Config().Accounts)
	a.Phone.Report(a.interrupted(context.WithoutCancel(ctx)))
	stages := [][]part{
		{{"control socket", a.control.Run}, {"calls", a.hangUpAtTheEnd}, {"link", a.openLink}, {"network", a.watchNetwork}, {"priority", a.prefer}},
		{{"signalling", a.signal.Run}, {"trace", a.noteCalls}},
		{{"sound", a.media.Run}},
		{{"phone", a.runPhone}},
		{{"journal", a.Store.Run}},
	}
	if a.bridge != nil {
		stages[2] = append(stages[2], part{"bridge", a.runBridge})
	}
	return runStages(ctx, stages)
}

// hangUpAtTheEnd waits for the end and hangs up: the agent is free at once, and signalling knows what to end before it stops.
func (a *App) hangUpAtTheEnd(ctx context.Context) error {
	<-ctx.Done()
	a.Phone.Report(phone.Closing{})
	a.watch(ctx, func(s phone.Snapshot) bool {
		return !slices.ContainsFunc(s.Calls, func(c call.Call) bool { return c.Phase < call.Ending })
	})
	return nil
}

// watch waits after the end of ctx until the phone looks as wanted, but no longer than lastWord.
func (a *App) watch(ctx context.Context, ok func(phone.Snapshot) bool) {
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
	defer cancel()
	for s := range a.Phone.Watch(wait) {
		if ok(s) {
			return
		}
	}
}

// lastWord is how long the bridge stays for a widget to take the last wish.
const lastWord = 400 * time.Millisecond

// runBridge keeps the bridge a moment longer than the calls: a call that the end hung up must not leave the agent busy in
// Kustomer.
func (a *App) runBridge(ctx context.Context) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	release := context.AfterFunc(ctx, func() {
		defer stop()
		a.watch(ctx, func(s phone.Snapshot) bool {
			return len(s.Bridge.Widgets) == 0 || s.Want.Rev == 0 || s.Want.Done
		})
	})
	defer release()
	return a.bridge.Run(inner)
}

func (a *App) counts(ctx context.Context) control.Counts {
	c := a.signal.Count(ctx)
	return control.Counts{Calls: c.Calls, Dialogs: c.Dialogs, Connections: c.Connections}
}

func (a *App) watchNetwork(ctx context.Context) error {
	return netmon.Run(ctx, func(c netmon.Change) {
		a.log.Info("the computer has moved", "network", c.Network, "slept", c.Slept.Round(time.Second))
		a.Phone.Report(phone.Moved{Slept: c.Slept})
	})
}

func (a *App) runPhone(ctx context.Context) error {
	return a.Phone.Run(ctx, phone.Ports{Signaling: a.signal, Media: a.media, Journal: a.Store, Memory: a.Store, Browser: browser{a}})
}

// Config is the present settings.
func (a *App) Config() config.Config {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.config
}

// account is the settings of one account, none if it has been removed.
func (a *App) account(id string) call.Account {
	list := a.Config().Accounts
	if i := slices.IndexFunc(list, func(x call.Account) bool { return x.ID == id }); i >= 0 {
		return list[i]
	}
	return call.Account{}
}

func (a *App) useAccounts(list []call.Account) {
	a.Phone.Report(phone.UseAccounts{Accounts: list})
}

// SaveAccount puts the account into the settings and its password into the keyring, and registers it. An empty password
// keeps the stored one. On an error the settings and the keyring are as before.
func (a *App) SaveAccount(ctx context.Context, account call.Account, password string) error {
	if err := a.Config().With(account).Check(); err != nil {
		return err
	}
	putBack := func(context.Context) error { return nil }
	if password != "" {
		undo, err := a.options.Passwords.Store(ctx, account.ID, password)
		if err != nil {
			return err
		}
		putBack = undo
	}
	added, err := a.writeAccount(account)
	if err != nil {
		return errors.Join(err, putBack(context.WithoutCancel(ctx)))
	}
	if added {
		return nil
	}
	// An account that only got another password looks unchanged: register it anew.
	_, err = a.Phone.Do(ctx, phone.Command{Do: phone.Reregister, Account: account.ID})
	return err
}

// writeAccount puts an account into the file and among the lines, and reports whether it is a new one.
func (a *App) writeAccount(account call.Account) (added bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := config.PutAccount(a.path, account); err != nil {
		return false, err
	}
	next := a.config.With(account)
	added = len(a.config.Accounts) != len(next.Accounts)
	a.config = next
	a.useAccounts(next.Accounts)
	return added, nil
}
