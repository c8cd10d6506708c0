package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// ports says whether the bridge has its port, and who else has one of them.
func ports(f Facts) []Finding {
	if f.Settings.Off {
		return nil
	}
	var out []Finding
	var free, all []string
	for _, p := range f.Ports {
		number := strconv.Itoa(p.Number)
		all = append(all, number)
		switch {
		case f.App.Running && p.Number == f.App.Port:
		case len(p.Taken) == 0:
			free = append(free, number)
		default:
			out = append(out, Finding{Warn, "ports", "Port " + number + " is held by " + held(p) + ".", "Nothing, if another port is left; else end that program, or choose others for bridge.ports and for the widget."})
		}
	}
	switch {
	case f.App.Port != 0:
		return append(out, Finding{OK, "bridge", fmt.Sprintf("The bridge to Kustomer listens on port %d.", f.App.Port), ""})
	case f.App.Running:
		text := f.App.Bridge
		if text == "" {
			text = "The bridge to Kustomer does not listen."
		}
		return append(out, Finding{Bad, "bridge", text, "Free one of the ports " + strings.Join(all, ", ") + "; if none is held, look at the keyring's line."})
	case len(free) == 0:
		return append(out, Finding{Bad, "ports", "No port is left for the bridge to Kustomer: " + strings.Join(all, ", ") + " are held.", "End one of the programs named above."})
	}
	return append(out, Finding{OK, "ports", "Free for the bridge to Kustomer: " + strings.Join(free, ", ") + ".", ""})
}

func held(p Port) string {
	who := p.Holder
	if who == "" {
		who = "another program"
	}
	return who + " on " + strings.Join(p.Taken, " and ")
}

// strangers says whether the bridge turns away who has no business with it, and tells them nothing.
func strangers(f Facts) []Finding {
	var out []Finding
	if f.App.Closed {
		return one(OK, "strangers", "The bridge answers nobody until a browser is paired.", "")
	}
	const fix = "Something else may be listening there: stop Sidetone, see who holds the port, and start it again."
	for _, p := range f.Probes {
		text := "At " + p.At + " a request " + p.What
		switch {
		case p.Problem != "":
			text += " got no answer: " + strings.TrimSuffix(p.Problem, ".") + "."
		case p.Got != p.Want:
			text += fmt.Sprintf(" was answered with %d, and %d was due.", p.Got, p.Want)
		case p.More != "":
			text += " was told more than it should be: " + p.More + "."
		default:
			continue
		}
		out = append(out, Finding{Bad, "strangers", text, fix})
	}
	if len(out) == 0 && len(f.Probes) > 0 {
		return one(OK, "strangers", "The bridge turns strangers away and tells them nothing.", "")
	}
	return out
}

// exposure says whether the bridge's port can be reached from other computers. Where sockets cannot be seen it says nothing.
func exposure(f Facts) []Finding {
	if !f.SocketsSeen || f.App.Port == 0 {
		return nil
	}
	var out []Finding
	for _, s := range f.Sockets {
		if int(s.At.Port()) != f.App.Port || s.At.Addr().Unmap().IsLoopback() {
			continue
		}
		who := s.Holder
		if who == "" {
			who = "another program"
		}
		out = append(out, Finding{Bad, "exposure", who + " offers the bridge's port to the network at " + s.At.String() + ".", "End that program: Sidetone itself listens on this computer's own addresses only."})
	}
	if len(out) == 0 {
		return one(OK, "exposure", "The bridge's port is open on this computer only.", "")
	}
	return out
}
