package peers

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Baresip is another make of phone: a user of kamailio, its microphone a tone of 700 Hz, what it hears in a file.
type Baresip struct {
	*Program
	BaresipOptions
	dir    string
	server string // as the end of a SIP URI
	conn   net.Conn
	events chan BaresipEvent
	asked  int // commands that were given a token
}

// BaresipTone is what baresip's microphone hears, in Hz.
const BaresipTone = 700

// BaresipEvent is one thing baresip says about itself.
type BaresipEvent struct {
	Event    bool   `json:"event"`
	Type     string `json:"type"`
	Param    string `json:"param"`
	Response bool   `json:"response"`
	OK       bool   `json:"ok"`
	Data     string `json:"data"`
	Token    string `json:"token"`
}

//go:embed baresip.cfg
var baresipConfig string

// modulesOf is where Debian keeps baresip's modules.
func modulesOf(t T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/baresip/modules", "/usr/lib/*/baresip/modules"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("baresip's modules are missing: install the Debian package baresip.")
	return ""
}

// BaresipOptions say how the phone behaves.
type BaresipOptions struct {
	User      string // 1002 if empty
	Every     int    // seconds between its registrations; 0: 600
	Manual    bool   // it answers when it is told to, not by itself
	Transport string // "udp", "tcp" or "tls"; empty: udp
	Codec     string // as in its settings, "opus/48000/2"; empty: G.711
	Devices   bool   // the system's microphone and speaker instead of a tone and a file
	Params    string // further parameters of its account, ";mediaenc=srtp-mand"
}

// StartBaresip waits until it is registered.
func StartBaresip(t T, k *Kamailio, o BaresipOptions) *Baresip {
	t.Helper()
	for range 5 {
		dir, ctrl := o.settle(t, k)
		b := &Baresip{Program: Start(t, "baresip", "-f", dir, "-s"), BaresipOptions: o, dir: dir, server: o.server(k), events: make(chan BaresipEvent, 1000)}
		if b.connect(ctrl) {
			b.Asked("registered", func() bool { return k.Registered(o.user()) })
			return b
		}
		if !strings.Contains(b.Said(), "in use") {
			t.Fatalf("baresip does not start:\n%s", b.Said())
		}
	}
	t.Fatal("baresip found no free ports")
	return nil
}

// PrepareBaresip writes its settings and returns what starts it, and waits for nothing.
func PrepareBaresip(t T, k *Kamailio, o BaresipOptions) func() *Program {
	t.Helper()
	dir, _ := o.settle(t, k)
	return func() *Program { return Start(t, "baresip", "-f", dir) }
}

func (o BaresipOptions) user() string { return cmp.Or(o.User, "1002") }

// server is the end of a SIP URI of a user there.
func (o BaresipOptions) server(k *Kamailio) string {
	switch o.Transport {
	case "tcp":
		return k.Addr + ";transport=tcp"
	case "tls":
		return k.Safe + ";transport=tls"
	}
	return k.Addr
}

// settle writes the settings into a folder and names it and the port of the control connection.
func (o BaresipOptions) settle(t T, k *Kamailio) (dir string, ctrl int) {
	t.Helper()
	dir, ctrl = t.TempDir(), FreePort(t)
	mode := "auto"
	if o.Manual {
		mode = "manual"
	}
	write(t, dir, map[string]string{
		"config": strings.NewReplacer("HOST", k.IP, "SIP", strconv.Itoa(FreePort(t)), "CTRL", strconv.Itoa(ctrl), "RTP", portRange(freePorts(t, 200), 200),
			"MODULES", modulesOf(t), "DIR", dir, "CA", k.CA).Replace(o.devices(baresipConfig)),
		"accounts": fmt.Sprintf("<sip:%[1]s@%[2]s>;auth_user=%[1]s;auth_pass=secret-%[1]s;answermode=%[3]s;regint=%[4]d;audio_codecs=%[6]s%[5]s\n",
			o.user(), o.server(k), mode, cmp.Or(o.Every, 600), o.Params, cmp.Or(o.Codec, "PCMU/8000/1,PCMA/8000/1")),
		"contacts": "",
	})
	return dir, ctrl
}

// devices changes settings for the system's devices, which its ALSA module reaches.
func (o BaresipOptions) devices(config string) string {
	if !o.Devices {
		return config
	}
	return strings.NewReplacer("ausine,700", "alsa,default", "aubridge,700", "alsa,default", "aubridge,alert", "alsa,default", "module ausine.so", "module alsa.so",
		"module sndfile.so", "module opus.so", "ausrc_srate 48000\nausrc_channels 2\nauplay_srate 48000\nauplay_channels 2\n", "").Replace(config)
}

// connect opens the control connection; it reports false if the program ended or could not listen.
func (b *Baresip) connect(port int) bool {
	b.t.Helper()
	b.Asked("listening", func() bool {
		if b.Gone() || strings.Contains(b.Said(), "in use") {
			return true
		}
		if !strings.Contains(b.Said(), "baresip is ready") {
			return false
		}
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		b.conn = conn
		return err == nil
	})
	if b.conn == nil {
		return false
	}
	b.t.Cleanup(func() { b.conn.Close() })
	go b.read()
	return true
}

// read splits the control connection's netstrings until it closes.
func (b *Baresip) read() {
	defer close(b.events)
	for in := bufio.NewReader(b.conn); ; {
		length, err := in.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
		if err != nil {
			return
		}
		body := make([]byte, n+1) // and the comma
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		var e BaresipEvent
		if json.Unmarshal(body[:n], &e) == nil {
			b.events <- e
		}
	}
}

// Await returns the next thing baresip says that is wanted.
func (b *Baresip) Await(what string, want func(BaresipEvent) bool) BaresipEvent {
	b.t.Helper()
	late := time.After(patience)
	for {
		select {
		case e, open := <-b.events:
			if !open {
				b.t.Fatalf("baresip ended before %s", what)
			}
			if want(e) {
				return e
			}
		case <-late:
			b.t.Fatalf("baresip: never %s", what)
		}
	}
}

// Forget leaves out what it said so far.
func (b *Baresip) Forget() {
	for {
		select {
		case _, open := <-b.events:
			if !open {
				b.t.Fatal("baresip ended")
			}
		default:
			return
		}
	}
}

// Event waits for one of a kind.
func (b *Baresip) Event(kind string) BaresipEvent {
	b.t.Helper()
	return b.Await(kind, func(e BaresipEvent) bool { return e.Event && e.Type == kind })
}

// Do gives baresip one of its commands.
func (b *Baresip) Do(command, params string) {
	b.t.Helper()
	b.send(command, params, "")
}

// send names the answer to a command by a token.
func (b *Baresip) send(command, params, token string) {
	b.t.Helper()
	body, err := json.Marshal(map[string]string{"command": command, "params": params, "token": token})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(body), body); err != nil {
		b.t.Fatal(err)
	}
}

// Ask gives a command, waits until it was carried out and returns what baresip says to it.
func (b *Baresip) Ask(command, params string) string {
	b.t.Helper()
	b.asked++
	token := strconv.Itoa(b.asked)
	b.send(command, params, token)
	return b.Await("the answer to "+command, func(e BaresipEvent) bool { return e.Response && e.Token == token }).Data
}

// HangUpAll ends every call there is; it returns once none is left.
func (b *Baresip) HangUpAll() {
	b.t.Helper()
	b.Asked("without a call", func() bool {
		if strings.Contains(b.Ask("listcalls", ""), "Active calls (0)") {
			return true
		}
		b.Ask("hangup", "")
		return false
	})
}

// Call calls another user of the server.
func (b *Baresip) Call(user string) { b.t.Helper(); b.Do("dial", "sip:"+user+"@"+b.server) }

// heard is what baresip heard in all its calls, in time's order, 8000 samples a second. It writes each sound as it comes
// and the file's length at its end, so the length is not looked at.
func (b *Baresip) heard() []int16 {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil {
		b.t.Fatal(err)
	}
	var pcm []int16
	for _, f := range files {
		pcm = append(pcm, GrowingWAV(b.t, f)...)
	}
	return pcm
}

// Hears fails unless baresip hears a tone. Once it was held, baresip 1.0 no longer writes down what it hears: see Echo.
func (b *Baresip) Hears(hz float64) { b.t.Helper(); listen(b.t, "baresip", 8000, hz, b.heard) }

// Echo makes baresip's loudspeaker its microphone. For that the two have one name and one form.
func (b *Baresip) Echo() {
	b.t.Helper()
	b.Ask("ausrc", "aubridge,700")
}
