// Package launch starts the phone from a command line, the same way for every program that holds one.
package launch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sidetone/internal/app"
	"sidetone/internal/app/place"
	"sidetone/internal/control"
	"sidetone/internal/phone"
	"sidetone/internal/slip"
	"sidetone/internal/version"
)

// Program is a program that runs the phone.
type Program struct {
	Name  string
	Usage string                 // for --help
	Add   func(fs *flag.FlagSet) // options of its own; may be nil
	Check func() error           // what is wrong with their values, or nil; may be nil
	Ready func() error           // what the program needs of the machine and does not have, or nil; may be nil

	// Links makes a tel:, callto:, sip: or sidetone: link an argument, and a second start hand over to the first: the link is
	// dialled there, or its window comes to the front; a bare sidetone: does no more than that.
	Links bool
	// Environ is where passwords may come from beside standard input and the keyring; nil: nowhere.
	Environ func(string) (string, bool)
	// Tell shows why the phone does not start to somebody who sees no terminal, and returns when they have read it; may be nil.
	Tell func(why string)
	// Live runs the phone until ctx ends.
	Live func(ctx context.Context, a *app.App) error
}

// Streams are the program's standard streams.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the program until it ends, SIGINT or SIGTERM, and returns its exit code: 0 ended as asked, 1 failed, 2 wrong
// usage or settings, 3 the data folder is in use.
func (p Program) Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.Prepare()
	return p.run(ctx, args, Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}

func (p Program) run(ctx context.Context, args []string, std Streams) int {
	o, stdin, err := p.parse(args, std.Err)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(std.Out, p.Usage)
		return 0
	case errors.Is(err, errVersion):
		fmt.Fprintln(std.Out, p.Name, version.Number)
		return 0
	}
	if err != nil {
		return p.failed(std.Err, 2, err)
	}
	return p.begin(ctx, o, stdin, std)
}

// begin starts the phone and runs it. Who started it from a desktop is shown why it does not start.
func (p Program) begin(ctx context.Context, o app.Options, stdin bool, std Streams) int {
	if p.Ready != nil {
		if err := p.Ready(); err != nil {
			return p.failed(std.Err, 1, err)
		}
	}
	a, code, err := p.build(ctx, o, stdin, std.In)
	switch {
	case err != nil:
		p.failed(std.Err, code, err)
		if p.Tell != nil {
			p.Tell(err.Error())
		}
		return code
	case a == nil:
		return 0
	}
	if err := p.Live(ctx, a); err != nil {
		return p.failed(std.Err, 1, err)
	}
	return 0
}

// failed prints an error and returns its exit code.
func (p Program) failed(out io.Writer, code int, err error) int {
	fmt.Fprintf(out, "%s: %v\n", p.Name, err)
	return code
}

// errVersion says that only the version was asked for.
var errVersion = errors.New("the version")

// parse reads the options. Help and version are errors of their own; any other error says what is wrong and where to read on.
func (p Program) parse(args []string, log io.Writer) (o app.Options, stdin bool, err error) {
	o = app.Options{DataDir: place.DataDir(), Version: version.Number}
	fs := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&o.DataDir, "data-dir", o.DataDir, "")
	fs.StringVar(&o.Config, "config", "", "")
	fs.StringVar(&o.AudioIn, "audio-in", "", "")
	fs.StringVar(&o.AudioOut, "audio-out", "", "")
	fs.BoolVar(&stdin, "password-stdin", false, "")
	verbose, asked := fs.Bool("verbose", false, ""), fs.Bool("version", false, "")
	if p.Add != nil {
		p.Add(fs)
	}
	if err = fs.Parse(args); err != nil && !errors.Is(err, flag.ErrHelp) {
		err = slip.Option(fs, err)
	}
	switch {
	case err == nil && *asked:
		return o, false, errVersion
	case err == nil && fs.NArg() == 1 && fs.Arg(0) == "help":
		return o, false, flag.ErrHelp
	case err == nil && fs.NArg() > 0:
		number, ok := app.Link(fs.Arg(0))
		if o.Link = number; !p.Links || !ok || fs.NArg() > 1 {
			err = fmt.Errorf("%q is not an option", fs.Arg(fs.NArg()-1))
		}
	}
	if err == nil {
		err = place.Check(o.DataDir)
	}
	if err == nil && p.Check != nil {
		err = p.Check()
	}
	if err != nil {
		return o, false, slip.See(err, p.Name)
	}
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	o.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
	return o, stdin, nil
}

// build makes the phone; it is nil if the one that runs already did what this start was for. The code says what an error means.
func (p Program) build(ctx context.Context, o app.Options, stdin bool, in io.Reader) (*app.App, int, error) {
	given, err := app.ReadGiven(o, stdin, in)
	if err != nil {
		return nil, 2, err
	}
	given.Environ = p.Environ
	o.Passwords = given
	a, err := app.New(o)
	for n := 0; errors.Is(err, app.ErrInUse) && p.Links; n++ {
		handed := handOver(ctx, o)
		switch {
		case !control.Gone(handed):
			return nil, 3, handed
		case n == patience || !pause(ctx):
			return nil, 3, fmt.Errorf("the Sidetone that ran before has not ended yet, or does not answer: wait a moment and start it again, or end it. Its folder is %s", o.DataDir)
		}
		a, err = app.New(o) // the one before is ending, or the one that was started a moment ago has only begun
	}
	switch {
	case errors.Is(err, app.ErrInUse):
		return nil, 3, err
	case err != nil:
		return nil, blame(err), err
	}
	return a, 0, nil
}

// patience is how many pauses a start waits for a phone that is just ending or beginning: its calls are ended first.
const patience = 50

// pause waits a fifth of a second, and reports whether the program goes on.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(200 * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// blame is the exit code of a start that was refused.
func blame(err error) int {
	var failed *app.Failure
	if errors.As(err, &failed) {
		return 1
	}
	return 2
}

// handOver lets the phone that runs already do what this start was for.
func handOver(ctx context.Context, o app.Options) error {
	client, err := control.Dial(ctx, o.DataDir)
	if err != nil {
		return err
	}
	defer client.Close()
	if o.Link != "" {
		_, err = client.Ask(control.Request{Command: phone.Command{Do: phone.Dial, Number: o.Link, Origin: "link"}})
		var no *phone.Refusal
		if errors.As(err, &no) && !control.Gone(err) {
			err = nil // its window says why
		}
	}
	_, shown := client.Ask(control.Request{Command: phone.Command{Do: phone.Raise}})
	return errors.Join(err, shown)
}
