package audio

import "github.com/gen2brain/malgo"

// rates are those that a device has of itself, in Hz: Core Audio says of a headset's name nothing about how it is connected.
func rates(ctx *malgo.AllocatedContext, kind malgo.DeviceType, id malgo.DeviceID) []int {
	info, err := ctx.DeviceInfo(kind, id, malgo.Shared)
	if err != nil {
		return nil
	}
	var out []int
	for _, f := range info.Formats {
		out = append(out, int(f.SampleRate))
	}
	return out
}
