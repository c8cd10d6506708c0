package devices

import (
	"slices"
	"strings"
)

// SoundsHandsFree reports whether a device is a Bluetooth headset in hands-free mode, by its name as Windows writes it, or by the
// rates in Hz that it has of itself: those of a telephone and no other.
func SoundsHandsFree(name string, rates []int) bool {
	name = strings.ToLower(name)
	if strings.Contains(name, "hands-free") || strings.Contains(name, "handsfree") {
		return true
	}
	high := func(rate int) bool { return rate > 16000 }
	return len(rates) > 0 && !slices.ContainsFunc(rates, high)
}

// Standing says in a sentence which device is used although the settings name others, or nothing. What is "microphone", "speaker" or
// "ring device".
func Standing(what string, t Target) string {
	if !t.Instead {
		return ""
	}
	return "The " + what + " of the settings is not connected: " + t.Name() + " is used instead."
}

// HandsFree says in a sentence that a Bluetooth headset sounds like a telephone and what helps, or nothing. What is used is said by the
// targets; there tells what else could be.
func HandsFree(mic, ear Target, there []Device) string {
	for _, d := range slices.Concat(ear.Devices, mic.Devices) {
		if !d.HandsFree {
			continue
		}
		help := "That is enough for calls; for music quality connect a microphone of its own."
		if i := slices.IndexFunc(there, func(o Device) bool { return o.Input && !o.Monitor && !o.HandsFree }); i >= 0 {
			help = "For better sound choose another microphone, such as " + there[i].Name + "."
		}
		return d.Name + " is in hands-free mode: Bluetooth sounds like a telephone while its microphone is used. " + help
	}
	return ""
}

// Mute says in a sentence that a Bluetooth headset of the settings is connected for music only, so that its microphone is missing, or
// nothing.
func Mute(w Wish, there []Device) string {
	if found, made := wished(w, there); !w.Input || made || len(found) > 0 {
		return ""
	}
	for _, d := range there {
		if !d.Input && d.Bluetooth && !d.HandsFree && slices.ContainsFunc(w.Names, func(name string) bool { return sameHeadset(name, d) }) {
			return "The microphone of " + d.Name + " is off: it is connected for music. Choose its profile for calls (hands-free, HSP or HFP) in the sound settings of this computer."
		}
	}
	return ""
}

// sameHeadset reports whether a name of a microphone is of the headset that a speaker belongs to: the same name, or the same address
// in the IDs that BlueZ gives.
func sameHeadset(name string, d Device) bool {
	if name == d.Name {
		return true
	}
	address := func(id string) string {
		_, rest, _ := strings.Cut(id, ".")
		a, _, _ := strings.Cut(rest, ".")
		return a
	}
	return strings.HasPrefix(name, "bluez_") && strings.HasPrefix(d.ID, "bluez_") && address(name) == address(d.ID)
}
