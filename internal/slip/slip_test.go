package slip

import (
	"errors"
	"flag"
	"io"
	"strings"
	"testing"
	"time"
)

func TestMeant(t *testing.T) {
	known := []string{"status", "hold", "hangup", "forward", "calls", "call-log"}
	for in, want := range map[string]string{
		"staus": "status", "sttaus": "status", "STATUS": "status", "hlod": "hold", "frward": "forward", "hangpu": "hangup", "call": "calls",
		"": "", "x": "", "earthquake": "", "go": "", strings.Repeat("status", 20): "",
	} {
		if want != "" {
			want = ": did you mean " + want + "?"
		}
		if got := Meant(in, known); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

type even struct{}

func (even) String() string   { return "" }
func (even) Set(string) error { return errors.New("write an even number") }

func TestOption(t *testing.T) {
	for args, want := range map[string]string{
		"--jsn":         "--jsn is not an option: did you mean --json?",
		"-earthquake":   "--earthquake is not an option",
		"--hlep":        "--hlep is not an option: did you mean --help?",
		"--after 5":     `--after is "5": write a time, as in 500ms, 12s or 2m`,
		"--after":       "--after needs a value: write a time, as in 500ms, 12s or 2m",
		"--times x":     `--times is "x": write a whole number`,
		"--seed -1":     `--seed is "-1": write a whole number`,
		"--json=maybe":  `--json is "maybe": write it alone, without a value`,
		"--out":         "--out needs a value",
		"--even 3":      `--even is "3": write an even number`,
		"--even=\"a: b": `--even is "\"a: b": write an even number`,
		"---x":          "bad flag syntax: ---x",
	} {
		fs := flag.NewFlagSet("x", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		fs.Bool("json", false, "")
		fs.Duration("after", time.Second, "")
		fs.Int("times", 0, "")
		fs.Uint64("seed", 0, "")
		fs.String("out", "", "")
		fs.Var(even{}, "even", "")
		err := fs.Parse(strings.Fields(args))
		if strings.Contains(args, `"`) {
			err = fs.Parse([]string{args})
		}
		if err == nil {
			t.Errorf("%s is taken", args)
		} else if got := Option(fs, err).Error(); got != want {
			t.Errorf("%s: %s, want %s", args, got, want)
		}
	}
}
