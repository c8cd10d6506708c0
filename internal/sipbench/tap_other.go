//go:build !linux

package sipbench

import "errors"

type tap struct{}

func openTap() (*tap, error) { return nil, errors.ErrUnsupported }

func (t *tap) run(<-chan struct{}, func(datagram)) error { return errors.ErrUnsupported }
