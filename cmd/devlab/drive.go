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
)

// matrix plays the phone among programs that are not ours.
func matrix(ctx context.Context, args []string) int {
	o := interop.Options{Say: os.Stderr}
	fs := flag.NewFlagSet("devlab interop", flag.ContinueOnError)
	fs.StringVar(&o.Only, "only", "", "")
	fs.IntVar(&o.Parallel, "parallel", 2, "")
	bin := fs.String("bin", "bin", "")
	out := fs.String("out", "", "")
	asJSON := fs.Bool("json", false, "")
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

// faultUsage is the help of devlab fault.
func faultUsage() string {
	var b strings.Builder
	b.WriteString(`Makes the exchange of a running lab do something cruel.

Usage: devlab fault NAME [--method METHOD] [--times N] [--status N] [--after TIME] [--sip-port N] [--json]

`)
	for _, f := range pbx.FaultNames() {
		fmt.Fprintf(&b, "  %-14s %s\n", f.Number, f.What)
	}
	b.WriteString(`
  --method M     only with requests of this method and the answers to them, REGISTER or INVITE; otherwise with all
  --times N      with how many messages, 1 if not said; 0: with all until mend
  --status N     of refuse
  --after TIME   "500ms", "12s"
  --sip-port N   of the lab, 5070 if not said
  --json         where the exchange listens as a JSON object

devlab fault refuse --method REGISTER --status 503 --after 20s
`)
	return b.String()
}

// fault asks a running lab for one.
func fault(_ context.Context, args []string) int {
	fs := flag.NewFlagSet("devlab fault", flag.ContinueOnError)
	f := pbx.Fault{}
	fs.StringVar(&f.Method, "method", "", "")
	fs.IntVar(&f.Times, "times", 1, "")
	fs.IntVar(&f.Status, "status", 0, "")
	fs.DurationVar(&f.After, "after", 0, "")
	port := fs.Int("sip-port", 5070, "")
	asJSON := fs.Bool("json", false, "")
	switch {
	case len(args) == 0:
		return fail(2, errors.New("name the fault. See devlab fault --help"))
	case args[0] == "--help" || args[0] == "-h":
		fmt.Print(faultUsage())
		return 0
	}
	f.Name = args[0]
	if code := parse(fs, args[1:]); code >= 0 {
		return code
	}
	if err := f.Check(); err != nil {
		return fail(2, fmt.Errorf("%w. See devlab fault --help", err))
	}
	a, err := lab.Ask(*port, f)
	if err != nil {
		return fail(1, err)
	}
	if *asJSON {
		err = json.NewEncoder(os.Stdout).Encode(a)
	} else {
		_, err = fmt.Printf("done, the exchange is at %s\n", a.SIP)
	}
	if err != nil {
		return 1
	}
	return 0
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
	fs.IntVar(&o.Calls, "calls", 500, "")
	fs.DurationVar(&o.Over, "over", 30*time.Minute, "")
	fs.Uint64Var(&o.Seed, "seed", 1, "")
	fs.StringVar(&o.Bin, "bin", "bin", "")
	asJSON := fs.Bool("json", false, "")
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
	fs.IntVar(&o.Rounds, "rounds", 30, "")
	fs.IntVar(&o.Calls, "calls", 10, "")
	fs.StringVar(&o.Bin, "bin", "bin", "")
	asJSON := fs.Bool("json", false, "")
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
