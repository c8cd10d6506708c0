package audio

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/gen2brain/malgo"

	"sidetone/internal/devices"
)

// listDrivers lists the devices of the driver library.
func listDrivers() ([]devices.Device, error) {
	return within(func() ([]devices.Device, error) {
		ctx, err := malgo.InitContext(backends(), malgo.ContextConfig{}, nil)
		if err != nil {
			return nil, errors.New("no sound system was found on this computer")
		}
		defer ctx.Free()
		out, err := listIn(ctx)
		return out, errors.Join(err, ctx.Uninit())
	}, func([]devices.Device) {})
}

func listIn(ctx *malgo.AllocatedContext) ([]devices.Device, error) {
	out := []devices.Device{}
	for _, kind := range []malgo.DeviceType{malgo.Capture, malgo.Playback} {
		infos, err := ctx.Devices(kind)
		if err != nil {
			return nil, fmt.Errorf("the sound system does not list its devices: %w", err)
		}
		input := kind == malgo.Capture
		calls, known := defaultForCalls(input)
		for i := range infos {
			info := &infos[i]
			d := devices.Device{ID: identity(info.ID), Name: info.Name(), Input: input, Default: info.IsDefault != 0}
			if known {
				d.Default = d.ID == calls
			}
			d.HandsFree = devices.SoundsHandsFree(d.Name, rates(ctx, kind, info.ID))
			d.Bluetooth = d.HandsFree
			out = append(out, d)
		}
	}
	return out, nil
}

// idPointer is the form in which the library wants a device's ID.
func idPointer(id *malgo.DeviceID) unsafe.Pointer { return unsafe.Pointer(id) }
