package app

import (
	"context"

	"golang.org/x/sys/windows"
)

// preference is whether Windows has been asked.
type preference struct{ asked bool }

// take has this program run before those of normal priority. The threads of the sound driver have a higher one from the driver's library.
func (p *preference) take(context.Context) error {
	if p.asked {
		return nil
	}
	p.asked = true
	return windows.SetPriorityClass(windows.CurrentProcess(), windows.ABOVE_NORMAL_PRIORITY_CLASS)
}
