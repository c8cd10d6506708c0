// Package lab puts a SIP server, a pretend Kustomer and scripted callers together on loopback for developers and the demo.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"sidetone/internal/kustomersim"
	"sidetone/internal/pbx"
	"sidetone/widgetbridge/web"
)

// The account every lab has, and two more for calls and transfers between phones.
const (
	User     = "1001"
	Other    = "1002"
	Third    = "1003"
	Password = "secret"
)

// Config says where the lab listens. A zero port is any free one.
type Config struct {
	SIPPort     int   // UDP and TCP, the SIP server
	HostPort    int   // Kustomer's page, http://acme.localhost:PORT
	PagesPort   int   // the widget's and the settings page's origin, http://sidetone.localhost:PORT
	BridgePorts []int // where the widget looks for the app; none: the usual three
	Log         func(pbx.Entry)
}

// Lab is a running laboratory once Run is called. Its addresses are known from New on.
type Lab struct {
	PBX      *pbx.Server
	Kustomer *kustomersim.Sim

	host, pages, faults net.Listener
	hostPage, pagesSite http.Handler
}

// New binds every port. The error names the port that another program holds.
func New(c Config) (*Lab, error) {
	l := &Lab{}
	var err error
	l.PBX, err = pbx.New(pbx.Config{
		Addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.SIPPort)), Users: map[string]string{User: Password, Other: Password, Third: Password}, Log: c.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("the lab's SIP server cannot start: %w", err)
	}
	if l.host, err = listen(c.HostPort); err != nil {
		return nil, err
	}
	if l.pages, err = listen(c.PagesPort); err != nil {
		return nil, errors.Join(err, l.host.Close())
	}
	if err = l.listenFaults(); err != nil {
		return nil, errors.Join(err, l.host.Close(), l.pages.Close())
	}
	return l, l.furnish(c)
}

func listen(port int) (net.Listener, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("port %d of this machine is taken: %w. Choose another", port, err)
	}
	return ln, nil
}

// furnish builds the pages.
func (l *Lab) furnish(c Config) error {
	var err error
	l.Kustomer, err = kustomersim.New(kustomersim.Config{
		WidgetURL: l.PagesOrigin() + "/widget.html", SettingsURL: l.PagesOrigin() + "/settings.html",
		IframePermissions: web.Permissions(l.PagesOrigin()), Queue: web.DefaultQueue, CallAgent: l.callAgent,
	})
	if err != nil {
		return err
	}
	pages, err := web.Handler(web.Options{Ports: c.BridgePorts, SDK: "kustomer-card.js", Ancestors: []string{l.HostOrigin()}})
	if err != nil {
		return err
	}
	l.hostPage, l.pagesSite = l.Kustomer.Host(), l.Kustomer.Pages(pages)
	return nil
}

// callAgent lets a customer call the agent's phone.
func (l *Lab) callAgent(number string) error {
	name := ""
	if number == "+12025550142" {
		name = "Customer A. Example"
	}
	_, err := l.PBX.CallUser(context.Background(), pbx.CallOptions{User: User, FromName: name, FromNumber: number, Play: pbx.PlaySpeech})
	return err
}

// HostOrigin is the origin of Kustomer's page.
func (l *Lab) HostOrigin() string { return origin("acme", l.host) }

// PagesOrigin is the origin of the widget, which the app must allow.
func (l *Lab) PagesOrigin() string { return origin("sidetone", l.pages) }

func origin(name string, ln net.Listener) string {
	return fmt.Sprintf("http://%s.localhost:%d", name, ln.Addr().(*net.TCPAddr).Port)
}

// Settings is a config.toml for the app that fits this lab.
func (l *Lab) Settings(bridgePorts []int) string {
	// The lab's numbers have four digits, and whoever clicks here wants the call.
	dial := "[dial]\nextensions = [\"1001-1003\", \"9100-9799\"]\nfirst_click = \"dial\"\n\n"
	s := dial + fmt.Sprintf("[[account]]\nid = \"main\"\naddress = \"sip:%s@%s\"\n\n[bridge]\nforget = true\norigins = [%q]\n", User, l.PBX.Addr(), l.PagesOrigin())
	for i, p := range bridgePorts {
		if i == 0 {
			s += "ports = ["
		} else {
			s += ", "
		}
		s += strconv.Itoa(p)
		if i == len(bridgePorts)-1 {
			s += "]\n"
		}
	}
	return s + fmt.Sprintf("\n[kustomer]\nhosts = [%q]\ndispositions = [\"Solved\", \"Call back\", \"Wrong number\"]\n\n", l.HostOrigin())
}

// Run serves until ctx ends.
func (l *Lab) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := l.PBX.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	g.Go(l.serveFaults)
	g.Go(func() error { <-ctx.Done(); return l.faults.Close() })
	serve := func(ln net.Listener, h http.Handler) {
		s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
		g.Go(func() error {
			if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error { <-ctx.Done(); return s.Close() })
	}
	serve(l.host, l.hostPage)
	serve(l.pages, l.pagesSite)
	return g.Wait()
}

// FreePort is a port of this machine that nobody holds now.
func FreePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
