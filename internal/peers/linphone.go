package peers

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Linphone is a third make of phone: user 1003 at kamailio, its microphone a file with a tone, what it hears in another file.
type Linphone struct {
	*Program
	dir   string
	in    io.WriteCloser
	heeds int // how much of what it said was awaited
}

// LinphoneTone is what linphone's microphone hears, in Hz.
const LinphoneTone = 620

//go:embed linphone.cfg
var linphoneConfig string

// LinphoneOptions say how the phone behaves.
type LinphoneOptions struct {
	Auto      bool   // it answers by itself
	Transport string // "udp", "tcp" or "tls"; empty: udp
	Secure    bool   // it takes and makes only calls with SDES
	DTLS      bool   // or only calls with DTLS
	Suites    string // of SDES, in its order; empty: its own
	Opus      bool   // instead of G.711
	Devices   bool   // the system's microphone and speaker instead of files
	Info      bool   // digits go as INFO, not as RFC 4733 events
}

func (o LinphoneOptions) config(t T, k *Kamailio, dir string) string {
	at, transport := k.Addr, o.Transport
	if transport == "" {
		transport = "udp"
	}
	if transport == "tls" {
		at = k.Safe
	}
	encryption, mandatory, info, events := "none", "0", "0", "1"
	if o.Secure {
		encryption, mandatory = "srtp", "1"
	}
	if o.DTLS {
		encryption, mandatory = "dtls", "1"
	}
	if o.Info {
		info, events = "1", "0"
	}
	host, _, _ := net.SplitHostPort(k.Addr)
	return strings.NewReplacer("SIPPORT", fmt.Sprint(FreePort(t)), "RTPPORT", fmt.Sprint(freePorts(t, 100)), "SERVER", at, "TRANSPORT", transport, "HOST", host,
		"SUITES", o.Suites, "ENCRYPTION", encryption, "MANDATORY", mandatory, "INFO", info, "EVENTS", events, "CA", k.CA, "DIR", dir).Replace(o.codec(linphoneConfig))
}

// codec changes settings for Opus.
func (o LinphoneOptions) codec(config string) string {
	if !o.Opus {
		return config
	}
	return strings.Replace(config, "mime=PCMU\nrate=8000\nchannels=1", "mime=opus\nrate=48000\nchannels=2", 1)
}

// StartLinphone waits until it is registered.
func StartLinphone(t T, k *Kamailio, o LinphoneOptions) *Linphone {
	t.Helper()
	l := PrepareLinphone(t, k, o)()
	l.Asked("registered", func() bool { return l.Gone() || k.Registered("1003") })
	return l
}

// PrepareLinphone writes its settings and returns what starts it, and waits for nothing.
func PrepareLinphone(t T, k *Kamailio, o LinphoneOptions) func() *Linphone {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"linphonerc": o.config(t, k, dir), "tone.wav": string(toneWAV(LinphoneTone, 8000, 2*time.Minute))})
	for _, folder := range []string{"linphone", ".local/share/linphone"} { // it makes none by itself
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-c", filepath.Join(dir, "linphonerc")}
	if o.Devices {
		write(t, dir, map[string]string{".asoundrc": "pcm.!default { type pulse }\nctl.!default { type pulse }\n"})
	}
	if o.Auto {
		args = append(args, "-a")
	}
	cmd := exec.Command(Installed(t, "linphonec"), args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return func() *Linphone {
		l := &Linphone{Program: start(t, cmd), dir: dir, in: in}
		t.Cleanup(func() { _ = in.Close() })
		if !o.Devices {
			l.Do("soundcard use files")
			l.Do("record " + filepath.Join(dir, "heard.wav"))
			l.Do("play " + filepath.Join(dir, "tone.wav"))
		}
		return l
	}
}

// Do types a command.
func (l *Linphone) Do(command string) {
	l.t.Helper()
	if _, err := fmt.Fprintln(l.in, command); err != nil {
		l.t.Fatal(err)
	}
}

// Says waits for the next line with these words.
func (l *Linphone) Says(words string) {
	l.t.Helper()
	l.Asked("saying "+words, func() bool {
		said := l.Said()
		at := strings.Index(said[l.heeds:], words)
		if at >= 0 {
			l.heeds += at + len(words)
		}
		return at >= 0
	})
}

// Heard fails unless linphone heard a tone in the calls that are over. It writes its file when one ends.
func (l *Linphone) Heard(hz float64) {
	l.t.Helper()
	var pcm []int16
	share := func() float64 {
		path := filepath.Join(l.dir, "heard.wav")
		rate := max(8000, WAVRate(l.t, path)) // the call's codec decides
		pcm = GrowingWAV(l.t, path)
		return ToneShare(Loudest(pcm, rate), rate, hz)
	}
	l.Asked(fmt.Sprintf("heard %v Hz", hz), func() bool { return share() >= 0.9 })
	l.t.Logf("linphonec heard %v Hz in %d samples", hz, len(pcm))
}

// toneWAV is a file of 16-bit mono sound.
func toneWAV(hz float64, rate int, length time.Duration) []byte {
	n := int(length.Seconds() * float64(rate))
	b := make([]byte, 44, 44+2*n)
	copy(b, "RIFF....WAVEfmt ")
	le := binary.LittleEndian
	le.PutUint32(b[4:], uint32(36+2*n))
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], 1) // PCM
	le.PutUint16(b[22:], 1) // channel
	le.PutUint32(b[24:], uint32(rate))
	le.PutUint32(b[28:], uint32(2*rate))
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(2*n))
	for i := range n {
		b = le.AppendUint16(b, uint16(int16(9000*math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))))
	}
	return b
}
