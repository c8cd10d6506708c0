package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"sidetone/internal/pbx"
)

// socket is where the lab with a SIP port takes faults. Only the same user may open it.
func socket(sipPort int) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("devlab-%d-%d.sock", os.Getuid(), sipPort))
}

// Answer is what the lab says to a fault.
type Answer struct {
	SIP    string      `json:"sip"`              // where the exchange listens from now on
	Faults []pbx.Fault `json:"faults,omitempty"` // in force from now on
	Error  string      `json:"error,omitempty"`  // one sentence if the fault cannot be had
}

// Ask has the lab with a SIP port suffer a fault. The error is a sentence.
func Ask(sipPort int, f pbx.Fault) (Answer, error) {
	conn, err := net.Dial("unix", socket(sipPort))
	if err != nil {
		return Answer{}, fmt.Errorf("no lab of yours runs with the SIP port %d: start devlab, or name its port with --sip-port", sipPort)
	}
	defer conn.Close()
	var a Answer
	if err := errors.Join(conn.SetDeadline(time.Now().Add(5*time.Second)), json.NewEncoder(conn).Encode(f), json.NewDecoder(conn).Decode(&a)); err != nil {
		return Answer{}, fmt.Errorf("the lab did not answer: %w", err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// listenFaults opens the lab's socket. One that a lab left behind goes away: its port is ours now.
func (l *Lab) listenFaults() (err error) {
	path := socket(int(l.PBX.Addr().Port()))
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the lab's socket is in the way: %w", err)
	}
	if l.faults, err = net.Listen("unix", path); err != nil {
		return fmt.Errorf("the lab cannot take faults: %w", err)
	}
	return os.Chmod(path, 0o600)
}

// serveFaults answers until the socket is closed.
func (l *Lab) serveFaults() error {
	for {
		conn, err := l.faults.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go l.suffer(conn)
	}
}

func (l *Lab) suffer(conn net.Conn) {
	defer conn.Close()
	var f pbx.Fault
	if errors.Join(conn.SetDeadline(time.Now().Add(5*time.Second)), json.NewDecoder(conn).Decode(&f)) != nil {
		return
	}
	var a Answer
	if err := l.PBX.Break(f); err != nil {
		a.Error = err.Error()
	}
	a.SIP, a.Faults = l.PBX.Addr().String(), l.PBX.Faults()
	_ = json.NewEncoder(conn).Encode(a) // whoever asked has gone
}
