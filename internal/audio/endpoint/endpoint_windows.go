package endpoint

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// The values of mmdeviceapi.h that are asked for.
const (
	render         = 0 // EDataFlow
	capture        = 1
	communications = 2 // ERole

	inprocServer = 1 // CLSCTX
)

// object is a COM object: the first field of it points to its methods.
type object struct{ methods *[16]uintptr }

// The places of the methods used, behind the three of IUnknown.
const (
	release                 = 2 // IUnknown
	getDefaultAudioEndpoint = 4 // IMMDeviceEnumerator
	getID                   = 5 // IMMDevice
)

// free gives an object up; the count that comes back does not matter.
func (o *object) free() { _, _, _ = syscall.SyscallN(o.methods[release], uintptr(unsafe.Pointer(o))) }

// Communications is the ID of the default microphone or speaker in the role of communications. known is false where Windows does
// not say.
func Communications(input bool) (id string, known bool) {
	// An apartment that is there already, of whatever kind, is as good.
	if windows.CoInitializeEx(0, windows.COINIT_MULTITHREADED) == nil {
		defer windows.CoUninitialize()
	}
	enumerator, err := newEnumerator()
	if err != nil {
		return "", false
	}
	defer enumerator.free()
	flow := uintptr(render)
	if input {
		flow = capture
	}
	var device *object
	code, _, _ := syscall.SyscallN(enumerator.methods[getDefaultAudioEndpoint], uintptr(unsafe.Pointer(enumerator)), flow, communications, uintptr(unsafe.Pointer(&device)))
	if int32(code) < 0 {
		return "", false
	}
	defer device.free()
	var text *uint16
	code, _, _ = syscall.SyscallN(device.methods[getID], uintptr(unsafe.Pointer(device)), uintptr(unsafe.Pointer(&text)))
	if int32(code) < 0 {
		return "", false
	}
	defer windows.CoTaskMemFree(unsafe.Pointer(text))
	return windows.UTF16PtrToString(text), true
}

// newEnumerator makes an IMMDeviceEnumerator.
func newEnumerator() (*object, error) {
	class := windows.GUID{Data1: 0xBCDE0395, Data2: 0xE52F, Data3: 0x467C, Data4: [8]byte{0x8E, 0x3D, 0xC4, 0x57, 0x92, 0x91, 0x69, 0x2E}}
	kind := windows.GUID{Data1: 0xA95664D2, Data2: 0x9614, Data3: 0x4F35, Data4: [8]byte{0xA7, 0x46, 0xDE, 0x8D, 0xB6, 0x36, 0x17, 0xE6}}
	create := windows.NewLazySystemDLL("ole32.dll").NewProc("CoCreateInstance")
	var made *object
	code, _, _ := create.Call(uintptr(unsafe.Pointer(&class)), 0, inprocServer, uintptr(unsafe.Pointer(&kind)), uintptr(unsafe.Pointer(&made)))
	if int32(code) < 0 {
		return nil, syscall.Errno(code)
	}
	return made, nil
}
