package sip

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// maxMessage bounds one message of a stream, in bytes.
const maxMessage = 65000

var errFraming = errors.New("the stream is not SIP")

// sound makes sure that a message can be handed to the library: parsed without error, with the headers a transaction
// needs (RFC 3261 §8.1.1). What the library's strict parser dislikes but a tolerant one can live without is repaired.
// Nil means the message is not worth handing on.
func sound(parser *sipmsg.Parser, raw []byte) []byte {
	if len(bytes.Trim(raw, "\r\n\x00 \t")) == 0 {
		return nil
	}
	if complete(parser, raw) {
		return raw
	}
	if mended := mend(raw); complete(parser, mended) {
		return mended
	}
	return nil
}

// complete reports whether raw parses and has the mandatory headers. A panic of the parser counts as a no.
func complete(parser *sipmsg.Parser, raw []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	msg, err := parser.ParseSIP(raw)
	if err != nil {
		return false
	}
	via, from, to := msg.Via(), msg.From(), msg.To()
	if via == nil || from == nil || to == nil || msg.CallID() == nil || msg.CSeq() == nil {
		return false
	}
	switch m := msg.(type) {
	case *sipmsg.Request:
		return m.Method == msg.CSeq().MethodName && len(msg.String()) > 0
	case *sipmsg.Response:
		return m.StatusCode >= 100 && m.StatusCode <= 699 && len(msg.String()) > 0
	}
	return false
}

// mend rewrites line ends to CRLF and drops the header lines that are known to make the whole message be refused although
// nothing needs them: lines without a colon or a value, unquoted display names in Contact, odd Max-Forwards.
func mend(raw []byte) []byte {
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		head, body, _ = bytes.Cut(raw, []byte("\n\n"))
	}
	var out bytes.Buffer
	for i, line := range strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n") {
		if i > 0 && useless(line) {
			continue
		}
		out.WriteString(line + "\r\n")
	}
	out.WriteString("\r\n")
	out.Write(body)
	return out.Bytes()
}

func useless(line string) bool {
	if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
		return false // the rest of a folded header
	}
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok {
		return true
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "max-forwards":
		return value == "" || strings.Trim(value, "0123456789") != ""
	case "contact", "m":
		before, _, _ := strings.Cut(value, "<")
		return value == "" || strings.Contains(before, ",") && !strings.Contains(before, `"`)
	case "content-type", "c", "referred-by", "refer-to":
		return value == ""
	}
	return false
}

// nextFrame reads one whole message off a stream (RFC 3261 §18.3), skipping keep-alive line ends. The bytes are its own.
func nextFrame(r *bufio.Reader) ([]byte, error) {
	var head bytes.Buffer
	length := 0
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		text := strings.TrimRight(string(line), "\r\n")
		if head.Len() == 0 && text == "" {
			continue
		}
		head.WriteString(text + "\r\n")
		if head.Len() > maxMessage {
			return nil, fmt.Errorf("a message is longer than %d bytes: %w", maxMessage, errFraming)
		}
		if text == "" {
			break
		}
		if name, value, ok := strings.Cut(text, ":"); ok && isContentLength(name) {
			if length = seconds(value); length < 0 || length > maxMessage {
				return nil, fmt.Errorf("a message has no usable length: %w", errFraming)
			}
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return append(head.Bytes(), body...), nil
}

func isContentLength(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == "content-length" || name == "l"
}
