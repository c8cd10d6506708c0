//go:build !linux && !windows

package app

import "context"

// preference is none: Core Audio gives the threads that carry sound what they need.
type preference struct{}

func (preference) take(context.Context) error { return nil }
