package lab

import (
	"context"
	"os"
	"strings"
	"testing"

	"sidetone/internal/pbx"
)

func TestFaultsOverTheSocket(t *testing.T) {
	l, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	port := int(l.PBX.Addr().Port())
	if _, err := Ask(port, pbx.Fault{Name: "earthquake"}); err == nil || !strings.Contains(err.Error(), "earthquake") {
		t.Errorf("a fault that nobody knows: %v", err)
	}
	a, err := Ask(port, pbx.Fault{Name: pbx.Move})
	if err != nil || a.SIP != l.PBX.Addr().String() || strings.HasSuffix(a.SIP, ":"+l.PBX.Addr().Addr().String()) || int(l.PBX.Addr().Port()) == port {
		t.Errorf("%+v %v, at %s", a, err, l.PBX.Addr())
	}
	if a, err = Ask(port, pbx.Fault{Name: pbx.Silent}); err != nil || len(a.Faults) != 2 {
		t.Errorf("%+v %v", a, err)
	}
	if a, err = Ask(port, pbx.Fault{Name: pbx.Mend}); err != nil || len(a.Faults) != 0 || int(l.PBX.Addr().Port()) != port {
		t.Errorf("%+v %v, at %s", a, err, l.PBX.Addr())
	}
	if info, err := os.Stat(socket(port)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := Ask(port, pbx.Fault{Name: pbx.Mend}); err == nil || !strings.Contains(err.Error(), "--sip-port") {
		t.Errorf("a lab that is gone: %v", err)
	}
}
