//go:build !linux

package beat

func newClock() clock { return newTicker() }
