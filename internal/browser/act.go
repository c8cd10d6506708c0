package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

const pollEvery = 25 * time.Millisecond

// errLater says that the page is not ready for what was asked.
var errLater = errors.New("it is not there yet")

// place is where a thing can be clicked, in CSS pixels of its frame, or why it cannot.
type place struct {
	X, Y float64
	Why  string
}

// Click presses and releases the left mouse button in the middle of the first element that matches selector, once it is
// visible, enabled, at rest and not covered. It fails when ctx ends first, and says what was in the way.
func (b *Browser) Click(ctx context.Context, frame, selector string) error {
	return b.until(ctx, fmt.Sprintf("%s in %s cannot be clicked", selector, named(frame)), func() error {
		at, err := b.spot(ctx, frame, selector)
		if err != nil {
			return err
		}
		if err := b.eval(ctx, frame, armJS, nil); err != nil {
			return err
		}
		if err := b.engine.press(ctx, frame, at); err != nil {
			return err
		}
		return b.arrived(ctx, frame)
	})
}

// arrived says whether the last click came to the frame. A frame of another site that has just been drawn or scrolled gets no mouse
// events until the browser's own map of the screen is up to date; the browser reports the click as done all the same.
func (b *Browser) arrived(ctx context.Context, frame string) error {
	var pressed bool
	if err := b.eval(ctx, frame, "globalThis.sidetoneLastPress === true", &pressed); err != nil {
		return nil // the click has replaced the page
	}
	if !pressed {
		return fmt.Errorf("%w: the click went elsewhere", errLater)
	}
	return nil
}

// spot is the middle of an element in CSS pixels of its frame, once it is at rest.
func (b *Browser) spot(ctx context.Context, frame, selector string) (place, error) {
	first, err := b.place(ctx, frame, spotJS, selector)
	if err != nil {
		return place{}, err
	}
	second, err := b.place(ctx, frame, spotJS, selector)
	if err != nil {
		return place{}, err
	}
	if first != second {
		return place{}, fmt.Errorf("%w: it moves", errLater)
	}
	return first, nil
}

func (b *Browser) place(ctx context.Context, frame, js, arg string) (place, error) {
	var p place
	if err := b.eval(ctx, frame, call(js, arg), &p); err != nil {
		return p, err
	}
	if p.Why != "" {
		return p, fmt.Errorf("%w: %s", errLater, p.Why)
	}
	return p, nil
}

// Text is the visible text of the first element that matches selector, or the value of a field. It waits for the element.
func (b *Browser) Text(ctx context.Context, frame, selector string) (string, error) {
	var text string
	err := b.until(ctx, fmt.Sprintf("%s in %s has no text", selector, named(frame)), func() error {
		var found *string
		if err := b.eval(ctx, frame, call(textJS, selector), &found); err != nil {
			return err
		}
		if found == nil {
			return fmt.Errorf("%w: nothing matches", errLater)
		}
		text = *found
		return nil
	})
	return text, err
}

// WaitText waits until the visible text of an element contains want. When ctx ends first, it says what the text was instead.
func (b *Browser) WaitText(ctx context.Context, frame, selector, want string) error {
	return b.until(ctx, fmt.Sprintf("%s in %s never says %q", selector, named(frame), want), func() error {
		var text *string
		if err := b.eval(ctx, frame, call(textJS, selector), &text); err != nil {
			return err
		}
		return says(text, want)
	})
}

// WaitEval waits until an expression is true. A promise is awaited. One that throws may be true later: the page may still be loading.
func (b *Browser) WaitEval(ctx context.Context, frame, expression string) error {
	return b.until(ctx, fmt.Sprintf("%s in %s never becomes true", expression, named(frame)), func() error {
		var got any
		if err := b.eval(ctx, frame, "Promise.resolve().then(() => ("+expression+")).then(Boolean, String)", &got); err != nil {
			return err
		}
		if got != true {
			return fmt.Errorf("%w: it is %v", errLater, got)
		}
		return nil
	})
}

// Type clicks a field, replaces what stands in it and types text.
func (b *Browser) Type(ctx context.Context, frame, selector, text string) error {
	if err := b.Click(ctx, frame, selector); err != nil {
		return err
	}
	if err := b.Eval(ctx, frame, call(`(s) => { document.querySelector(s).select?.(); return true; }`, selector), nil); err != nil {
		return err
	}
	return b.engine.keys(ctx, text)
}

// Keys presses keys in the element that has the focus, such as "\r" for Enter or "\t" for Tab.
func (b *Browser) Keys(ctx context.Context, keys string) error {
	return b.engine.keys(ctx, keys)
}

// Select chooses the entry with this value in a drop-down list. The list itself is drawn by the system, out of a mouse's reach
// here: so the choice is set and announced as the list would do it.
func (b *Browser) Select(ctx context.Context, frame, selector, value string) error {
	return b.until(ctx, fmt.Sprintf("%s in %s has no entry %q", selector, named(frame), value), func() error {
		var done bool
		if err := b.eval(ctx, frame, call(selectJS, selector, value), &done); err != nil {
			return err
		}
		if !done {
			return fmt.Errorf("%w: no such entry", errLater)
		}
		return nil
	})
}

// Screenshot writes the visible page with its frames as a PNG, readable by the owner.
func (b *Browser) Screenshot(ctx context.Context, path string) error {
	png, err := b.engine.shot(ctx)
	if err != nil {
		return fmt.Errorf("the page cannot be photographed: %w", err)
	}
	return os.WriteFile(path, png, 0o600)
}

// Eval runs an expression and decodes its value, or what its promise resolves to, into out as JSON would; a nil out drops it. It
// waits for the frame, not for the expression to succeed.
func (b *Browser) Eval(ctx context.Context, frame, expression string, out any) error {
	return b.until(ctx, "the expression has no value in "+named(frame), func() error {
		return b.eval(ctx, frame, expression, out)
	})
}

func (b *Browser) eval(ctx context.Context, frame, expression string, out any) error {
	wrapped := "Promise.resolve(" + expression + ").then((v) => JSON.stringify(v === undefined ? null : v))"
	text, err := b.engine.evaluate(ctx, frame, wrapped)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal([]byte(text), out)
}

// until asks again while try answers errLater.
func (b *Browser) until(ctx context.Context, what string, try func() error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var last error // what was in the way, as long as there was time to look
	for {
		err := try()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		if !errors.Is(err, errLater) && ctx.Err() == nil && !passing(err) {
			return fmt.Errorf("%s: %w", what, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w (%w)", what, last, ctx.Err())
		case <-tick.C:
		}
	}
}

func named(frame string) string {
	if frame == "" {
		return "the page"
	}
	return "the frame " + frame
}

func call(js string, args ...string) string {
	list, _ := json.Marshal(args) // strings always marshal
	return "(" + js + ")(..." + string(list) + ")"
}
