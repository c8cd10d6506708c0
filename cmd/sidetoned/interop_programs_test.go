//go:build linux

package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// foreign is a running program that is not ours, in a process group of its own, its words in a file.
type foreign struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

// installed finds a program. There is no skipping: a machine that tests the phone has it, scripts/setup installs it.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name)) // not in everyone's PATH
	}
	if err != nil {
		t.Fatalf("%s is missing: install the Debian package of that name.", name)
	}
	return path
}

// startForeign runs a program until the test is over. It does not outlive the test binary either.
func startForeign(t *testing.T, name string, args ...string) *foreign {
	t.Helper()
	path := installed(t, name)
	p := &foreign{t: t, name: name, cmd: exec.Command(path, args...), log: filepath.Join(t.TempDir(), name+".log"), ended: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // Pdeathsig strikes when the thread that started the program ends
		defer runtime.UnlockOSThread()
		defer close(p.ended)
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ends is not ours to judge
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.end)
	return p
}

// end ends the program and whatever it forked.
func (p *foreign) end() {
	group := -p.cmd.Process.Pid
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	select {
	case <-p.ended:
	case <-time.After(5 * time.Second):
		p.t.Logf("%s had to be killed", p.name)
	}
	if err := syscall.Kill(group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Error(err)
	}
	<-p.ended
	if p.t.Failed() {
		p.t.Logf("%s said:\n%s", p.name, p.said())
	}
}

func (p *foreign) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *foreign) said() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// asked polls a program that can only be asked.
func (p *foreign) asked(what string, ok func() bool) {
	p.t.Helper()
	for began := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 30*time.Second {
			p.t.Fatalf("%s: never %s", p.name, what)
		}
	}
}

// freePort is a port of the loopback that UDP and TCP have free. Another program may be quicker: who uses it tries again.
func freePort(t *testing.T) int {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		l.Close()
		if err == nil {
			p.Close()
			return l.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port is free for UDP and TCP")
	return 0
}

// kamailio is a registrar and record-routing proxy for one address. The password of user N is secret-N.
type kamailio struct {
	*foreign
	ip         string
	addr, safe string // of UDP and TCP; of TLS and WebSocket
	ca         string // file of the authority that signed its certificate
}

const kamailioConfig = `
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
dns=no
rev_dns=no
disable_core_dump=yes
listen=udp:ADDR
listen=tcp:ADDR
listen=tls:SAFE
enable_tls=yes
tcp_accept_no_cl=yes
loadmodule "tls.so"
modparam("tls", "config", "DIR/tls.cfg")
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "nathelper.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
modparam("usrloc", "db_mode", 0)
modparam("auth", "qop", "auth")
modparam("nathelper|registrar", "received_avp", "$avp(rcv)")
event_route[xhttp:request] {
	if ($hdr(Upgrade) =~ "websocket" && $hu == "/sip") {
		ws_handle_handshake();
		exit;
	}
	xhttp_reply("404", "Not Found", "text/plain", "");
}
onreply_route[ALIAS] {
	if ($proto =~ "ws") add_contact_alias();
}
request_route {
	xlog("L_NOTICE", "seen $rm of $fU over $proto\n");
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (is_method("OPTIONS") && uri == myself && $rU == $null) {
		sl_send_reply("200", "WORD");
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	if ($proto =~ "ws") { # a WebSocket's Contact is a name that nobody can resolve
		if (is_method("REGISTER")) fix_nated_register(); else if (is_method("INVITE")) add_contact_alias();
	}
	t_on_reply("ALIAS");
	if (has_totag()) {
		if (loose_route()) {
			handle_ruri_alias();
			t_relay();
		} else if (!is_method("ACK")) {
			sl_send_reply("404", "Not Here");
		} else if (t_check_trans()) {
			t_relay();
		}
		exit;
	}
	t_check_trans();
	if (is_method("REGISTER|INVITE")) {
		$avp(pw) = "secret-" + $fU;
		if (!pv_auth_check("example.com", "$avp(pw)", "0", "1")) {
			xlog("L_NOTICE", "challenged $rm of $fU\n");
			auth_challenge("example.com", "1");
			exit;
		}
		consume_credentials();
	}
	if (is_method("REGISTER")) {
		save("location");
		exit;
	}
	if (is_method("INVITE")) record_route();
	if (!lookup("location")) {
		sl_send_reply("404", "Not Found");
		exit;
	}
	t_relay();
}
`

// certify makes an authority, a certificate of it for an address, and the file in which kamailio looks for them.
func certify(t *testing.T, dir, ip string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Company CA"}, IPAddresses: []net.IP{net.ParseIP(ip)},
		IsCA: true, BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(crand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"ca.pem":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
		"tls.cfg": fmt.Appendf(nil, "[server:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\nprivate_key = %s/key.pem\ncertificate = %s/ca.pem\n", dir, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func startKamailio(t *testing.T) *kamailio { return startKamailioAt(t, "127.0.0.1") }

func startKamailioAt(t *testing.T, ip string) *kamailio {
	t.Helper()
	for range 5 {
		dir, word := t.TempDir(), fmt.Sprintf("Listening-%x", rand.Uint64())
		k := &kamailio{ip: ip, addr: fmt.Sprintf("%s:%d", ip, freePort(t)), safe: fmt.Sprintf("%s:%d", ip, freePort(t)), ca: filepath.Join(dir, "ca.pem")}
		config := filepath.Join(dir, "kamailio.cfg")
		certify(t, dir, ip)
		text := strings.NewReplacer("ADDR", k.addr, "SAFE", k.safe, "DIR", dir, "WORD", word).Replace(kamailioConfig)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		k.foreign = startForeign(t, "kamailio",
			"-f", config, "-DD", "-E", "-m", "64", "-M", "8", "-w", dir, "-Y", dir, "-P", filepath.Join(dir, "pid"))
		k.asked("listening", func() bool { return k.gone() || strings.Contains(k.try(""), word) })
		if !k.gone() {
			return k
		}
		if !strings.Contains(k.said(), "in use") {
			t.Fatalf("kamailio does not start:\n%s", k.said())
		}
	}
	t.Fatal("kamailio found no free port")
	return nil
}

// try asks for the options of a user, or of kamailio itself, and returns the final response, empty if none came in time.
func (k *kamailio) try(user string) string {
	k.t.Helper()
	conn, err := net.Dial("udp", k.addr)
	if err != nil {
		k.t.Fatal(err)
	}
	defer conn.Close()
	to, id := "sip:"+k.addr, rand.Uint64()
	if user != "" {
		to = "sip:" + user + "@" + k.addr
	}
	from := fmt.Sprintf("<sip:probe@%s>;tag=%x", conn.LocalAddr(), id)
	_, err = fmt.Fprintf(conn, "OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%x;rport\r\nMax-Forwards: 9\r\n"+
		"From: %s\r\nTo: <%s>\r\nCall-ID: %x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", to, conn.LocalAddr(), id, from, to, id)
	if err = errors.Join(err, conn.SetReadDeadline(time.Now().Add(2*time.Second))); err != nil {
		return ""
	}
	for b := make([]byte, 4096); ; {
		n, err := conn.Read(b)
		if err != nil {
			return "" // nobody listens yet, or nobody answers
		}
		if res := string(b[:n]); !strings.HasPrefix(res, "SIP/2.0 1") {
			return res
		}
	}
}

// reach is what a user answers OPTIONS with through kamailio, or kamailio in the user's place.
func (k *kamailio) reach(user string) (res string) {
	k.t.Helper()
	k.asked("answering for "+user, func() bool {
		res = k.try(user)
		return res != ""
	})
	return res
}

func (k *kamailio) registered(user string) bool {
	k.t.Helper()
	return strings.HasPrefix(k.reach(user), "SIP/2.0 200 ")
}

// seen counts the lines kamailio wrote with these words.
func (k *kamailio) seen(words string) int { return strings.Count(k.said(), words) }

// baresip is another make of phone: user 1002 at kamailio, its microphone a tone of 700 Hz, what it hears in a file.
type baresip struct {
	*foreign
	dir    string
	conn   net.Conn
	events chan baresipEvent
}

const baresipTone = 700

type baresipEvent struct {
	Event    bool   `json:"event"`
	Type     string `json:"type"`
	Param    string `json:"param"`
	Response bool   `json:"response"`
	OK       bool   `json:"ok"`
	Data     string `json:"data"`
}

const baresipConfig = `
poll_method epoll
net_interface HOST
sip_listen HOST:SIP
rtp_ports RTP
ctrl_tcp_listen 127.0.0.1:CTRL
module_path MODULES
module g711.so
module sndfile.so
module ausine.so
module aubridge.so
module_tmp account.so
module_app contact.so
module_app menu.so
module_app ctrl_tcp.so
audio_source ausine,700
audio_player aubridge,700
audio_alert aubridge,alert
ausrc_srate 48000
ausrc_channels 2
auplay_srate 48000
auplay_channels 2
audio_buffer 20-160
snd_path DIR
ringback_disabled yes
`

// modulesOf is where Debian keeps baresip's modules.
func modulesOf(t *testing.T) string {
	t.Helper()
	for _, pattern := range []string{"/usr/lib/baresip/modules", "/usr/lib/*/baresip/modules"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return found[0]
		}
	}
	t.Fatal("baresip's modules are missing: install the Debian package baresip.")
	return ""
}

// startBaresip waits until it is registered. Mode is "auto" to answer by itself, or "manual".
func startBaresip(t *testing.T, k *kamailio, mode string) *baresip {
	t.Helper()
	modules := modulesOf(t)
	for range 5 {
		dir, ctrl, rtp := t.TempDir(), freePort(t), freePort(t)&^1
		rtp = min(rtp, 65000)
		for name, text := range map[string]string{
			"config": strings.NewReplacer("HOST", k.ip, "SIP", strconv.Itoa(freePort(t)), "CTRL", strconv.Itoa(ctrl), "RTP", fmt.Sprintf("%d-%d", rtp, rtp+200),
				"MODULES", modules, "DIR", dir).Replace(baresipConfig),
			"accounts": fmt.Sprintf("<sip:1002@%s>;auth_user=1002;auth_pass=secret-1002;answermode=%s;regint=600;audio_codecs=PCMU/8000/1,PCMA/8000/1\n", k.addr, mode),
			"contacts": "",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		b := &baresip{foreign: startForeign(t, "baresip", "-f", dir, "-s"), dir: dir, events: make(chan baresipEvent, 1000)}
		if b.connect(ctrl) {
			b.asked("registered", func() bool { return k.registered("1002") })
			return b
		}
		if !strings.Contains(b.said(), "in use") {
			t.Fatalf("baresip does not start:\n%s", b.said())
		}
	}
	t.Fatal("baresip found no free ports")
	return nil
}

// connect opens the control connection; it reports false if the program ended or could not listen.
func (b *baresip) connect(port int) bool {
	b.t.Helper()
	b.asked("listening", func() bool {
		if b.gone() || strings.Contains(b.said(), "in use") {
			return true
		}
		if !strings.Contains(b.said(), "baresip is ready") {
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
func (b *baresip) read() {
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
		var e baresipEvent
		if json.Unmarshal(body[:n], &e) == nil {
			b.events <- e
		}
	}
}

// await returns the next thing baresip says that is wanted.
func (b *baresip) await(what string, want func(baresipEvent) bool) baresipEvent {
	b.t.Helper()
	late := time.After(30 * time.Second)
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

func (b *baresip) event(kind string) baresipEvent {
	b.t.Helper()
	return b.await(kind, func(e baresipEvent) bool { return e.Event && e.Type == kind })
}

func (b *baresip) do(command, params string) {
	b.t.Helper()
	body, err := json.Marshal(map[string]string{"command": command, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.conn, "%d:%s,", len(body), body); err != nil {
		b.t.Fatal(err)
	}
}

// heard is what baresip heard in all its calls, in time's order, 8000 samples a second. It writes each sound as it comes
// and the file's length at its end, so the length is not looked at.
func (b *baresip) heard() []int16 {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil {
		b.t.Fatal(err)
	}
	var pcm []int16
	for _, f := range files {
		pcm = append(pcm, growingWAV(b.t, f)...)
	}
	return pcm
}

// growingWAV reads the sound of a 16-bit WAV file that is still written.
func growingWAV(t *testing.T, path string) []int16 {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	at := bytes.Index(body, []byte("data"))
	if at < 0 || len(body) < at+8 {
		return nil
	}
	body = body[at+8:]
	pcm := make([]int16, len(body)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
	}
	return pcm
}
