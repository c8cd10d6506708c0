package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"sidetone/internal/interop"
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
