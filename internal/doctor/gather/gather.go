// Package gather asks this computer for the doctor's facts. It looks and asks, and changes nothing.
package gather

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/config"
	"sidetone/internal/control"
	"sidetone/internal/doctor"
	"sidetone/internal/phone"
	"sidetone/internal/secret"
	"sidetone/widgetbridge/web"
)

// Options say where to look.
type Options struct {
	DataDir     string
	Config      string   // settings file; "": config.toml in the data folder
	Orgs        []string // organisations of Kustomer to check the browsers for
	WidgetHosts []string // none: those of bridge.origins
}

// patience is how long the phone and each address may take to answer.
const patience = 3 * time.Second

// nothing is an entry of the keyring that nobody makes.
const nothing = "asked by the doctor"

// Facts looks at everything once. It takes some seconds where something does not answer.
func Facts(ctx context.Context, o Options) doctor.Facts {
	f := doctor.Facts{Orgs: o.Orgs, WidgetHosts: o.WidgetHosts, Folder: folder(o.DataDir)}
	settings, ports := settings(o)
	f.Settings = settings
	if len(f.WidgetHosts) == 0 {
		f.WidgetHosts = hosts(settings.Origins)
	}
	f.App = app(ctx, o.DataDir)
	f.Sockets, f.SocketsSeen = sockets()
	f.Ports = held(ctx, ports, f.Sockets)
	if f.App.Port != 0 && !f.App.Closed {
		f.Probes = probes(ctx, f.App.Port)
	}
	f.Keyring = keyring(ctx)
	f.Browsers = browsers()
	return f
}

func folder(dir string) doctor.Folder {
	f := doctor.Folder{Path: dir}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Missing = true
	case err != nil:
		f.Problem = reason(err)
	case !info.IsDir():
		f.Problem = "it is a file"
	default:
		if _, err := os.ReadDir(dir); err != nil {
			f.Problem = reason(err)
		}
	}
	return f
}

// reason is an error without the path it repeats.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func settings(o Options) (doctor.Settings, []int) {
	s := doctor.Settings{Path: o.Config}
	if s.Path == "" {
		s.Path = filepath.Join(o.DataDir, "config.toml")
	}
	c, err := config.Load(s.Path)
	if err != nil {
		s.Problem = err.Error()
	}
	s.Origins, s.Off = c.Bridge.Origins, c.Bridge.Off
	if len(c.Bridge.Ports) == 0 {
		return s, web.Ports()
	}
	return s, c.Bridge.Ports
}

// hosts are the names in origins.
func hosts(origins []string) []string {
	var out []string
	for _, o := range origins {
		if u, err := url.Parse(o); err == nil && u.Scheme == "https" && u.Host != "" {
			out = append(out, u.Host)
		}
	}
	return out
}

// app asks the running phone for its snapshot.
func app(ctx context.Context, dir string) doctor.App {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := control.Dial(ctx, dir)
	if err != nil {
		return doctor.App{} // a socket that a crash left behind is replaced at the next start
	}
	defer client.Close()
	stop := context.AfterFunc(ctx, func() { client.Close() })
	defer stop()
	reply, err := client.Ask(control.Request{Command: phone.Command{Do: control.Status}})
	if err == nil && reply.Snapshot == nil {
		err = errors.New("the answer holds nothing")
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("it took too long")
		}
		return doctor.App{Problem: err.Error()}
	}
	return running(*reply.Snapshot)
}

func running(s phone.Snapshot) doctor.App {
	b := s.Bridge
	a := doctor.App{Running: true, Port: b.Port, Bridge: b.Problem, Closed: len(b.Pages) == 0 && !b.Pairing.Armed && b.Pairing.Origin == ""}
	for _, l := range s.Accounts {
		a.Lines = append(a.Lines, doctor.Line{
			ID: l.ID, State: string(l.Line.State), Detail: l.Line.Detail, Ready: l.Line.State == call.LineReady, Trying: l.Line.State == call.LineRegistering,
		})
	}
	for _, p := range s.Bridge.Pages {
		a.Pages = append(a.Pages, doctor.Page{Origin: p.Origin, Org: p.Org, Used: p.Used.Local()})
	}
	return a
}

// keyring reads an entry that is not there.
func keyring(ctx context.Context) doctor.Keyring {
	_, err := secret.Keyring{}.Get(ctx, nothing)
	switch {
	case err == nil || errors.Is(err, secret.ErrNone):
		return doctor.Keyring{}
	case errors.Is(err, secret.ErrNoKeyring):
		return doctor.Keyring{None: true}
	}
	return doctor.Keyring{Problem: err.Error()}
}
