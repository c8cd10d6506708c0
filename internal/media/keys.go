package media

import (
	"bytes"
	"fmt"

	"github.com/pion/srtp/v3"

	"sidetone/internal/sdp"
)

// masterKey is the part of an SDES key that is the SRTP master key, in octets; the salt is the rest (RFC 4568 §6.1).
const masterKey = 16

// keys protect one call's packets with SRTP (RFC 3711), or leave them as they are while empty.
type keys struct {
	sendKey, recvKey []byte
	send, recv       *srtp.Context
	sent, received   []byte // room for one packet each
}

// use takes over what was agreed. A direction whose key stays keeps its roll-over counter.
func (k *keys) use(a sdp.Agreed) error {
	if !a.Secure {
		*k = keys{}
		return nil
	}
	if k.send == nil || !bytes.Equal(k.sendKey, a.SendKey) {
		c, err := newContext(a.SendKey)
		if err != nil {
			return err
		}
		k.send, k.sendKey, k.sent = c, a.SendKey, make([]byte, 0, 2048)
	}
	if k.recv == nil || !bytes.Equal(k.recvKey, a.RecvKey) {
		c, err := newContext(a.RecvKey, srtp.SRTPReplayProtection(128), srtp.SRTCPReplayProtection(128))
		if err != nil {
			return err
		}
		k.recv, k.recvKey, k.received = c, a.RecvKey, make([]byte, 0, 2048)
	}
	return nil
}

func newContext(key []byte, opts ...srtp.ContextOption) (*srtp.Context, error) {
	if len(key) != sdp.KeySize {
		return nil, fmt.Errorf("an SRTP key has %d octets, not %d", len(key), sdp.KeySize)
	}
	c, err := srtp.CreateContext(key[:masterKey], key[masterKey:], srtp.ProtectionProfileAes128CmHmacSha1_80, opts...)
	if err != nil {
		return nil, fmt.Errorf("the SRTP key cannot be used: %w", err)
	}
	return c, nil
}

// seal protects a packet we send; isRTCP tells the two kinds apart.
func (k *keys) seal(b []byte, isRTCP bool) ([]byte, error) {
	switch {
	case k.send == nil:
		return b, nil
	case isRTCP:
		return k.send.EncryptRTCP(k.sent[:0], b, nil)
	}
	return k.send.EncryptRTP(k.sent[:0], b, nil)
}

// open checks and decrypts a packet that came.
func (k *keys) open(b []byte, isRTCP bool) ([]byte, error) {
	switch {
	case k.recv == nil:
		return b, nil
	case isRTCP:
		return k.recv.DecryptRTCP(k.received[:0], b, nil)
	}
	return k.recv.DecryptRTP(k.received[:0], b, nil)
}
