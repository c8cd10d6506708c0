package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sidetone/internal/endurance"
	"sidetone/internal/interop"
	"sidetone/internal/lab"
	"sidetone/internal/pbx"
	"sidetone/internal/peers"
	"sidetone/internal/sipbench"
	"sidetone/internal/slip"
	"sidetone/internal/voicebench"
)

// matrix plays the phone among programs that are not ours.
func matrix(ctx context.Context, args []string) int {
	o := interop.Options{Say: os.Stderr}
	fs := flag.NewFlagSet("devlab interop", flag.ContinueOnError)
	fs.StringVar(&o.Only, "only", "", "the rows that contain one of these: `WORDS`")
	fs.IntVar(&o.Parallel, "parallel", 2, "how many rows at a time: `N`")
	bin := fs.String("bin", "bin", binHelp)
	out := fs.String("out", "", "where the table goes, as Markdown: `FILE`")
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	path, err := filepath.Abs(filepath.Join(*bin, "sidetoned"))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		return fail(1, fmt.Errorf("the phone is not built: %w. Run make build", err))
	}
	o.Program.Path = path
	r, err := interop.Run(ctx, o)
	if err == nil && *out != "" {
		err = os.WriteFile(*out, []byte(r.Markdown()), 0o644)
	}
	if *asJSON {
		err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(r))
	} else {
		fmt.Print(r)
	}
	if err != nil {
		return fail(1, err)
	}
	return min(1, r.Failed())
}

// fault asks a running lab for one.
func fault(_ context.Context, args []string) int {
	fs := flag.NewFlagSet("devlab fault", flag.ContinueOnError)
	f := pbx.Fault{}
	fs.StringVar(&f.Method, "method", "", "only with requests of this method and the answers to them, such as REGISTER or INVITE; otherwise with all: `METHOD`")
	fs.IntVar(&f.Times, "times", 1, "with how many messages; 0: with all until devlab fault mend: `N`")
	fs.IntVar(&f.Status, "status", 0, "what refuse answers, 300 to 699: `N`")
	fs.DurationVar(&f.After, "after", 0, "as in 500ms or 12s; what for is said above: `TIME`")
	port := fs.Int("sip-port", 5070, "of the lab: `N`")
	asJSON := fs.Bool("json", false, jsonHelp)
	if len(args) == 0 {
		return fail(2, errors.New("name the fault, or write list to see all. See devlab fault --help"))
	}
	if !strings.HasPrefix(args[0], "-") {
		f.Name, args = args[0], args[1:]
	}
	if code := parse(fs, args); code >= 0 {
		return code
	}
	f.Method = strings.ToUpper(f.Method)
	if err := f.Check(); err != nil {
		return fail(2, slip.See(fmt.Errorf("%w%s", err, meantFault(f)), "devlab fault"))
	}
	a, err := lab.Ask(*port, f)
	if err != nil && f.Name == pbx.List && !*asJSON {
		fmt.Print(kinds()) // they are the same in every lab
	}
	if err != nil {
		return fail(1, err)
	}
	switch {
	case *asJSON && f.Name == pbx.List:
		err = json.NewEncoder(os.Stdout).Encode(listing{a, pbx.Kinds()})
	case *asJSON:
		err = json.NewEncoder(os.Stdout).Encode(a)
	case f.Name == pbx.List:
		_, err = fmt.Print(listed(a))
	default:
		_, err = fmt.Printf("done, the exchange is at %s\n", a.SIP)
	}
	if err != nil {
		return 1
	}
	return 0
}

// listing is what devlab fault list says to programs.
type listing struct {
	lab.Answer
	Kinds []pbx.Kind `json:"kinds"`
}

// kinds says of every fault what it does and how it is undone.
func kinds() string {
	var b strings.Builder
	for _, k := range pbx.Kinds() {
		fmt.Fprintf(&b, "  %-14s %s\n", k.Name, k.What)
		if k.Undo != "" {
			fmt.Fprintf(&b, "  %-14s undone: %s\n", "", k.Undo)
		}
	}
	return b.String()
}

// listed is what it says to people: every fault and how it is undone, then those in force.
func listed(a lab.Answer) string {
	var b strings.Builder
	b.WriteString(kinds())
	fmt.Fprintf(&b, "\nThe exchange is at %s. In force:", a.SIP)
	if len(a.Faults) == 0 {
		b.WriteString(" none.\n")
		return b.String()
	}
	b.WriteByte('\n')
	for _, f := range a.Faults {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	b.WriteString("devlab fault mend undoes all of them.\n")
	return b.String()
}

// meantFault is the end of the sentence about a fault or a method that nobody knows.
func meantFault(f pbx.Fault) string {
	var known []string
	for _, k := range pbx.Kinds() {
		if k.Name == f.Name {
			return slip.Meant(f.Method, pbx.Methods())
		}
		known = append(known, k.Name)
	}
	return slip.Meant(f.Name, known)
}

// isolated has f run in a network of its own and returns its exit code.
func isolated(ctx context.Context, f func() int) int {
	here, err := peers.Isolate(ctx)
	var exit *exec.ExitError
	switch {
	case here:
		return f()
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode()
	case err != nil:
		return fail(1, fmt.Errorf("this machine allows no network of one's own: %w", err))
	}
	return 0
}

// soakCalls makes calls for half an hour and looks at what they leave.
func soakCalls(ctx context.Context, args []string) int {
	o := endurance.Options{Say: os.Stderr}
	fs := flag.NewFlagSet("devlab soak", flag.ContinueOnError)
	fs.IntVar(&o.Calls, "calls", 500, "how many calls: `N`")
	fs.DurationVar(&o.Over, "over", 30*time.Minute, "in how long, as in 30m: `TIME`")
	fs.Uint64Var(&o.Seed, "seed", 1, seedHelp)
	fs.StringVar(&o.Bin, "bin", "bin", binHelp)
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	return isolated(ctx, func() int {
		r, err := endurance.Run(ctx, o)
		return verdict(r, *asJSON, r.Well(), err)
	})
}

// benchSIP measures the phone beside others.
func benchSIP(ctx context.Context, args []string) int {
	o := sipbench.Options{Say: os.Stderr}
	fs := flag.NewFlagSet("devlab bench-sip", flag.ContinueOnError)
	fs.IntVar(&o.Rounds, "rounds", 30, "how many starts of each: `N`")
	fs.IntVar(&o.Calls, "calls", 10, "how many calls after each start: `N`")
	fs.StringVar(&o.Bin, "bin", "bin", binHelp)
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	return isolated(ctx, func() int {
		r, err := sipbench.Run(ctx, o)
		if err != nil {
			return fail(1, err)
		}
		return verdict(r, *asJSON, len(r.Behind()) == 0, nil)
	})
}

// benchVoice measures how the phone sounds beside others.
func benchVoice(ctx context.Context, args []string) int {
	o := voicebench.Options{Say: os.Stderr, PESQ: os.Getenv("PESQ_PATH")}
	fs := flag.NewFlagSet("devlab bench-voice", flag.ContinueOnError)
	fs.IntVar(&o.Seeds, "seeds", 1, "how many patterns of losses and delays: `N`")
	codecs := fs.String("codecs", "pcmu,opus", "which codecs: `LIST`")
	networks := fs.String("networks", "clean,loss3,loss10,jitter40,mix", "which networks: `LIST`")
	phones := fs.String("phones", strings.Join(voicebench.Phones(), ","), "which phones: `LIST`")
	fs.StringVar(&o.Bin, "bin", "bin", binHelp)
	asJSON := fs.Bool("json", false, jsonHelp)
	if code := parse(fs, args); code >= 0 {
		return code
	}
	o.Codecs, o.Conditions, o.Phones = strings.Split(*codecs, ","), strings.Split(*networks, ","), strings.Split(*phones, ",")
	if err := o.Check(); err != nil {
		return fail(2, err)
	}
	return isolated(ctx, func() int {
		r, err := voicebench.Run(ctx, o)
		return verdict(r, *asJSON, r.Well(), err)
	})
}

// verdict prints what a run came to and makes the exit code of it: 1 if it failed, or if what it was to show is not so.
func verdict(r any, asJSON, well bool, err error) int {
	if asJSON {
		err = errors.Join(err, json.NewEncoder(os.Stdout).Encode(r))
	} else {
		fmt.Print(r)
	}
	switch {
	case err != nil:
		return fail(1, err)
	case !well:
		return 1
	}
	return 0
}
