//go:build !darwin

package audio

import "github.com/gen2brain/malgo"

// rates are asked for only where a device's name does not tell enough.
func rates(*malgo.AllocatedContext, malgo.DeviceType, malgo.DeviceID) []int { return nil }
