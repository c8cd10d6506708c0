// Package voicebench measures how the headless phone sounds beside other phones, through the same seeded networks, at real devices.
package voicebench

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sidetone/internal/peers"
)

// Options say what is measured.
type Options struct {
	Seeds      int      // how many patterns of losses and delays
	Codecs     []string // "pcmu", "opus"
	Conditions []string
	Phones     []string
	Bin        string    // folder of the built sidetoned
	PESQ       string    // folder of the Python module pesq; empty: no score
	Say        io.Writer // progress
}

//go:embed call.xml
var scenario string

//go:embed speech.wav
var speechFile []byte

// Phones are the names of all that can be measured; ours is the first.
func Phones() []string { return []string{"sidetoned", "baresip", "linphonec"} }

// Check says in one sentence what is wrong with the options, or nil.
func (o Options) Check() error {
	conditions, codecs := []string{}, []string{}
	for _, c := range Conditions() {
		conditions = append(conditions, c.Name)
	}
	for _, c := range codings() {
		codecs = append(codecs, c.name)
	}
	for _, list := range []struct {
		kind      string
		have, all []string
	}{{"network", o.Conditions, conditions}, {"codec", o.Codecs, codecs}, {"phone", o.Phones, Phones()}} {
		for _, name := range list.have {
			if !slices.Contains(list.all, name) {
				return fmt.Errorf("there is no %s %q: use some of %s", list.kind, name, strings.Join(list.all, ", "))
			}
		}
	}
	if o.Seeds < 1 || o.Seeds > 100 {
		return errors.New("measure with 1 to 100 seeds")
	}
	return nil
}

// bench is one run.
type bench struct {
	peers.T
	o      Options
	k      *peers.Kamailio
	port   int // of the caller
	result Result
	speech []int16
}

// Run measures. This process must own its network namespace.
func Run(ctx context.Context, o Options) (Result, error) {
	st := peers.NewStage(ctx, 12*time.Hour)
	b := &bench{T: st, o: o, speech: speech()}
	st.Play(b.all)
	if st.Failed() {
		return b.result, errors.New(st.Why())
	}
	return b.result, ctx.Err()
}

// speech is what is said in each call: two voices, one after the other, with pauses.
func speech() []int16 {
	body := speechFile[44:]
	out := make([]int16, rate, rate+len(body)/2)
	for ; len(body) >= 2; body = body[2:] {
		out = append(out, int16(binary.LittleEndian.Uint16(body)))
	}
	return append(out, make([]int16, rate)...)
}

func (b *bench) all() {
	peers.LoopbackUp(b)
	b.port = peers.FreePort(b)
	b.k = peers.StartKamailio(b, peers.Testers(b.port))
	prefer(peers.StartPulse(b).PID(), preferServer)
	prefer(os.Getpid(), preferUs)
	for seed := range uint64(b.o.Seeds) {
		for _, codec := range codings() {
			for _, c := range Conditions() {
				if !slices.Contains(b.o.Codecs, codec.name) || !slices.Contains(b.o.Conditions, c.Name) {
					continue
				}
				for _, name := range b.o.Phones {
					fmt.Fprintf(b.o.Say, "%s, %s, seed %d: %s\n", codec.name, c.Name, seed+1, name)
					row := b.measure(name, codec, c, seed+1)
					b.result.Rows = append(b.result.Rows, row)
				}
			}
		}
	}
}

// measure makes one call to a phone that is started for it.
func (b *bench) measure(name string, codec coding, c Condition, seed uint64) Row {
	row := Row{Phone: name, Codec: codec.name, Condition: c.Name, Seed: seed}
	user, pid, end := b.start(name, codec)
	defer end()
	prefer(pid, preferPhone)
	late := time.Now().Add(30 * time.Second)
	for !b.k.Registered(user) {
		if time.Now().After(late) {
			row.Failed = "it never registered"
			return row
		}
		time.Sleep(50 * time.Millisecond) // kamailio can only be asked
	}
	if err := b.call(&row, user, pid, codec, c); err != nil {
		row.Failed = err.Error()
	}
	return row
}

// start starts a phone that answers by itself.
func (b *bench) start(name string, codec coding) (user string, pid int, end func()) {
	switch name {
	case "baresip":
		o := peers.BaresipOptions{Devices: true}
		if codec.name == "opus" {
			o.Codec = "opus/48000/2"
		}
		p := peers.PrepareBaresip(b, b.k, o)()
		return "1002", p.PID(), p.End
	case "linphonec":
		p := peers.PrepareLinphone(b, b.k, peers.LinphoneOptions{Auto: true, Devices: true, Opus: codec.name == "opus"})()
		return "1003", p.PID(), p.End
	}
	exe, err := filepath.Abs(filepath.Join(b.o.Bin, "sidetoned"))
	if err != nil {
		b.Fatal(err)
	}
	d := &peers.Phone{T: b, Exe: exe, Dir: b.TempDir(), Password: "secret-1001"}
	d.Configure("1001@"+b.k.Addr, "auto_answer = true\n[wrap_up]\nincoming = \"off\"\n[media]\nprocessing = \"off\"\ncodecs = [\""+codec.name+"\"]\n")
	d.Launch("--audio-in", "default", "--audio-out", "default")
	return "1001", d.Cmd.Process.Pid, d.Stop
}

// call plays the speech through the network to the phone, and the same speech to its microphone.
func (b *bench) call(row *Row, user string, pid int, codec coding, c Condition) error {
	packets, err := codec.packets(b.speech)
	if err != nil {
		return err
	}
	far, err := newCaller(netip.MustParseAddr(b.k.IP), codec)
	if err != nil {
		return err
	}
	length := time.Duration(len(packets))*frame + 4*time.Second
	s := peers.StartSipp(b, b.k, b.port, strings.NewReplacer("PORT", fmt.Sprint(far.port()), "TYPE", fmt.Sprint(codec.pt), "LINES", codec.lines,
		"LENGTH", fmt.Sprint(length.Milliseconds())).Replace(scenario), user)
	select {
	case <-far.first:
	case <-time.After(20 * time.Second):
		far.close()
		return errors.New("it sends no sound")
	}
	speaker, err := record(peers.PulseSpeaker + ".monitor")
	if err != nil {
		return err
	}
	microphone, err := record(peers.PulseMicrophone + ".monitor")
	if err != nil {
		return err
	}
	file := filepath.Join(b.TempDir(), "speech.wav")
	if err := os.WriteFile(file, wav(b.speech), 0o600); err != nil {
		return err
	}
	mouth := exec.Command("paplay", "-d", peers.PulseMicrophone, file)
	if err := mouth.Start(); err != nil {
		return err
	}
	before, from := processor(pid), time.Now()
	began, err := far.play(packets, c.trace(row.Seed, len(packets)))
	if err != nil {
		return err
	}
	time.Sleep(time.Second) // what is still on its way
	row.Processor = (processor(pid) - before).Seconds() / time.Since(from).Minutes()
	row.Memory = float64(memory(pid)) / (1 << 20)
	_ = mouth.Wait() // its sound is judged
	s.Well()
	whole, err := codec.whole(packets)
	if err != nil {
		return err
	}
	return b.judge(row, codec, whole, began, far.close(), speaker, microphone)
}

// judge compares what was said with what came out, both ways.
func (b *bench) judge(row *Row, codec coding, whole []int16, began time.Time, came []heard, speaker, microphone *recorder) error {
	out, outBegan, err := speaker.stop()
	in, inBegan, inErr := microphone.stop()
	if err = errors.Join(err, inErr); err != nil {
		return err
	}
	h, ok := compare(b.speech, out, began.Sub(outBegan), 600*time.Millisecond)
	if !ok {
		return errors.New("nothing of the speech came out of its speaker")
	}
	row.ToSpeaker = ms(h.Delay)
	if h, ok = compare(whole, out, began.Sub(outBegan), 600*time.Millisecond); ok {
		row.Damaged = ms(h.Damaged)
	}
	said, saidBegan, err := codec.said(came)
	if err != nil {
		return err
	}
	// The microphone's sound is looked for where it was heard: its recording is what was said.
	m, ok := compare(in, said, inBegan.Sub(saidBegan), 600*time.Millisecond)
	if !ok {
		return errors.New("nothing of the speech at its microphone was sent")
	}
	row.ToNetwork = ms(m.Delay)
	if b.o.PESQ == "" {
		return nil
	}
	at := max(0, int((began.Sub(outBegan)+h.Delay).Seconds()*rate))
	row.PESQ, err = pesq(b.Context(), b.o.PESQ, b.TempDir(), b.speech, out[at:min(len(out), at+len(b.speech))])
	return err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
