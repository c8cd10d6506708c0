package voicebench

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"
)

// heard is a packet of the phone's, and when it came.
type heard struct {
	at time.Time
	b  []byte
}

// caller is the far end's sound: it plays packets along a trace and keeps what comes.
type caller struct {
	conn  *net.UDPConn
	codec coding

	mu    sync.Mutex
	from  netip.AddrPort // where the phone's sound comes from
	came  []heard
	first chan struct{} // closed by its first packet
	ended chan struct{}
}

func newCaller(ip netip.Addr, codec coding) (*caller, error) {
	for range 20 { // phones expect an even port
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
		if err != nil {
			return nil, err
		}
		c := &caller{conn: conn, codec: codec, first: make(chan struct{}), ended: make(chan struct{})}
		if c.port()%2 == 0 {
			go c.listen()
			return c, nil
		}
		conn.Close() // the next may be even
	}
	return nil, fmt.Errorf("no even port is free")
}

func (c *caller) port() int { return c.conn.LocalAddr().(*net.UDPAddr).Port }

func (c *caller) listen() {
	defer close(c.ended)
	var b [2048]byte
	for {
		n, from, err := c.conn.ReadFromUDPAddrPort(b[:])
		if err != nil {
			return
		}
		now := time.Now()
		if n < 12 || b[0]>>6 != 2 {
			continue
		}
		c.mu.Lock()
		if !c.from.IsValid() {
			close(c.first)
		}
		c.from = from
		c.came = append(c.came, heard{now, append([]byte(nil), b[:n]...)})
		c.mu.Unlock()
	}
}

// play sends the packets as they come through the network, and returns when the first one was sent. The end of the network is here: a
// packet that is late is sent late.
func (c *caller) play(packets [][]byte, trace []passage) (began time.Time, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c.mu.Lock()
	to := c.from
	c.mu.Unlock()
	header := [12]byte{0: 0x80, 1: c.codec.pt, 8: 's', 9: 't', 10: 'b', 11: '1'}
	began = time.Now()
	for i, payload := range packets {
		if trace[i].lost {
			continue
		}
		time.Sleep(time.Until(began.Add(trace[i].at)))
		binary.BigEndian.PutUint16(header[2:], uint16(i))
		binary.BigEndian.PutUint32(header[4:], uint32(i*c.codec.ticks))
		if _, err := c.conn.WriteToUDPAddrPort(append(header[:12:12], payload...), to); err != nil {
			return began, err
		}
	}
	return began, nil
}

// close ends it and returns what came.
func (c *caller) close() []heard {
	c.conn.Close()
	<-c.ended
	return c.came
}
