package flow

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// stream is messages one after the other on a byte stream (RFC 3261 §18.3).
type stream struct {
	conn   net.Conn
	reader *bufio.Reader
}

func newStream(conn net.Conn) *stream { return &stream{conn, bufio.NewReaderSize(conn, 8192)} }

func (s *stream) next() ([]byte, error) { return nextFrame(s.reader) }

func (s *stream) send(b []byte) error {
	s.conn.SetWriteDeadline(time.Now().Add(writeWithin))
	_, err := s.conn.Write(b)
	return err
}

// ping is the double line end, whose answer is a single one (RFC 5626 §4.4.1).
func (s *stream) ping() (bool, error) { return false, s.send([]byte("\r\n\r\n")) }

func (s *stream) close() { s.conn.Close() }

// nextFrame reads one whole message, or an empty one for a line end between messages. The bytes are its own.
func nextFrame(r *bufio.Reader) ([]byte, error) {
	var head bytes.Buffer
	length, stated := 0, false
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, framed(err)
		}
		text := strings.TrimRight(string(line), "\r\n")
		if head.Len() == 0 && text == "" {
			return nil, nil
		}
		head.WriteString(text + "\r\n")
		if head.Len() > MaxMessage {
			return nil, fmt.Errorf("a message is longer than %d bytes: %w", MaxMessage, ErrFraming)
		}
		if text == "" {
			break
		}
		if name, value, ok := strings.Cut(text, ":"); ok && isContentLength(name) {
			n, err := strconv.Atoi(strings.TrimSpace(value))
			if err != nil || n < 0 || n > MaxMessage || stated && n != length {
				return nil, fmt.Errorf("a message has no usable length: %w", ErrFraming)
			}
			length, stated = n, true
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return append(head.Bytes(), body...), nil
}

// framed says what a line without an end means.
func framed(err error) error {
	if err == bufio.ErrBufferFull {
		return fmt.Errorf("a line is longer than %d bytes: %w", 8192, ErrFraming)
	}
	return err
}

func isContentLength(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == "content-length" || name == "l"
}
