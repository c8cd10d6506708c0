package app

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// part is something that lives: Run of one adapter.
type part struct {
	name string
	run  func(context.Context) error
}

// runStages starts every part of every stage at once and, when ctx ends or a part fails, stops the stages one after
// another, each only when the one before it is down.
func runStages(ctx context.Context, stages [][]part) error {
	failed, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	defer fail(nil)
	var groups []*errgroup.Group
	var stops []context.CancelFunc
	for _, stage := range stages {
		stageCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		defer stop()
		stops = append(stops, stop)
		g := new(errgroup.Group)
		for _, p := range stage {
			g.Go(func() error { return runPart(stageCtx, p, fail) })
		}
		groups = append(groups, g)
	}
	select {
	case <-ctx.Done():
	case <-failed.Done():
	}
	var errs []error
	for i, g := range groups {
		stops[i]()
		errs = append(errs, g.Wait())
	}
	return errors.Join(errs...)
}

// runPart runs one part; one that ends before it was told to takes the phone down with it, because half a phone is
// silently unreachable.
func runPart(ctx context.Context, p part, fail context.CancelCauseFunc) error {
	err := p.run(ctx)
	if ctx.Err() == nil && err == nil {
		err = errors.New("it ended by itself")
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	err = fmt.Errorf("%s: %w", p.name, err)
	fail(err)
	return err
}
