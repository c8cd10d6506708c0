package secret

import (
	"errors"
	"fmt"
	"os"

	"github.com/godbus/dbus/v5"
)

// present reports whether there is a session bus to ask. Where there is none the library would start one, for nobody.
func present() bool {
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return true
	}
	run := os.Getenv("XDG_RUNTIME_DIR")
	if run == "" {
		run = fmt.Sprintf("/run/user/%d", os.Getuid())
	}
	_, err := os.Stat(run + "/bus")
	return err == nil
}

// absent reports whether the bus knows nobody who keeps secrets, or is gone.
func absent(err error) bool {
	var e dbus.Error
	if errors.As(err, &e) {
		return e.Name == "org.freedesktop.DBus.Error.ServiceUnknown"
	}
	return errors.Is(err, os.ErrNotExist)
}
