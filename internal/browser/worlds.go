package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// script is where the scripts of one frame run.
type script struct {
	id     runtime.ExecutionContextID
	unique string
}

// worlds knows where each frame's own scripts run. Chromium tells of it in events, from the library's goroutine.
type worlds struct {
	mu      sync.Mutex
	scripts map[string]script // by frame id
}

// event takes in what Chromium tells.
func (w *worlds) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExecutionContextCreated:
		var aux struct {
			IsDefault bool
			FrameID   string
		}
		if json.Unmarshal(ev.Context.AuxData, &aux) == nil && aux.IsDefault {
			w.scripts[aux.FrameID] = script{ev.Context.ID, ev.Context.UniqueID}
		}
	case *runtime.EventExecutionContextDestroyed:
		for frame, s := range w.scripts {
			if s.unique == ev.ExecutionContextUniqueID {
				delete(w.scripts, frame)
			}
		}
	case *runtime.EventExecutionContextsCleared:
		clear(w.scripts)
	}
}

func (w *worlds) of(frame cdp.FrameID) (script, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.scripts[string(frame)]
	return s, ok
}

// evaluate runs an expression among the scripts of the page, of a frame or of a further window, awaits its promise and returns
// its text.
func (c *chromium) evaluate(ctx context.Context, part, expression string) (string, error) {
	other, err := c.window(ctx, part)
	if err != nil {
		return "", err
	}
	if other == nil {
		other = c.page
	} else {
		part = ""
	}
	run, done := bound(ctx, other)
	defer done()
	if part == "" {
		return chromedp.Run(run, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	}
	var text string
	err = chromedp.Do(run, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		s, err := c.world(ctx, t, part)
		if err != nil {
			return err
		}
		yes := true
		got, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{
			Expression: expression, ContextID: s.id, ReturnByValue: &yes, AwaitPromise: &yes,
		})
		switch {
		case err != nil:
			return err
		case got.ExceptionDetails != nil:
			return fmt.Errorf("the frame's script failed: %s", got.ExceptionDetails.Text)
		}
		return json.Unmarshal(got.Result.Value, &text)
	}))
	return text, err
}

// world finds where the scripts of the frame run whose URL contains part.
func (c *chromium) world(ctx context.Context, t *chromedp.Target, part string) (script, error) {
	tree, err := cdp.Call(ctx, t, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return script{}, err
	}
	for _, child := range tree.FrameTree.ChildFrames {
		if !strings.Contains(child.Frame.URL, part) {
			continue
		}
		if s, ok := c.worlds.of(child.Frame.ID); ok {
			return s, nil
		}
	}
	return script{}, fmt.Errorf("%w: the frame is missing", errLater)
}
