package media

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"sidetone/internal/sdp"
)

// keys protect one call's packets with SRTP (RFC 3711), or leave them as they are while empty.
type keys struct {
	kind             sdp.Keying // with another than NoKeys nothing goes out in the clear
	suite            sdp.Suite
	sendKey, recvKey []byte
	send, recv       *srtp.Context
	sent, received   []byte // room for one packet each
	header           rtp.Header
}

// use takes over what was agreed. A direction whose key stays keeps its roll-over counter.
func (k *keys) use(a sdp.Agreed) error {
	if a.Keying != sdp.SDES {
		if k.kind != a.Keying {
			*k = keys{kind: a.Keying} // those of a handshake come with install
		}
		return nil
	}
	next := *k
	if k.kind != sdp.SDES {
		next = keys{kind: sdp.SDES}
	}
	if next.send == nil || k.suite != a.Suite || !bytes.Equal(k.sendKey, a.SendKey) {
		c, err := newContext(a.Suite, a.SendKey)
		if err != nil {
			return err
		}
		next.send, next.sendKey, next.sent = c, a.SendKey, make([]byte, 0, 2048)
	}
	if next.recv == nil || k.suite != a.Suite || !bytes.Equal(k.recvKey, a.RecvKey) {
		c, err := newContext(a.Suite, a.RecvKey, srtp.SRTPReplayProtection(128), srtp.SRTCPReplayProtection(128))
		if err != nil {
			return err
		}
		next.recv, next.recvKey, next.received = c, a.RecvKey, make([]byte, 0, 2048)
	}
	next.suite = a.Suite
	*k = next
	return nil
}

// install takes over the keys of a handshake.
func (k *keys) install(m material) error {
	send, err := srtp.CreateContext(m.keys.LocalMasterKey, m.keys.LocalMasterSalt, m.profile)
	if err != nil {
		return err
	}
	recv, err := srtp.CreateContext(m.keys.RemoteMasterKey, m.keys.RemoteMasterSalt, m.profile, srtp.SRTPReplayProtection(128), srtp.SRTCPReplayProtection(128))
	if err != nil {
		return err
	}
	*k = keys{kind: sdp.DTLS, send: send, recv: recv, sent: make([]byte, 0, 2048), received: make([]byte, 0, 2048)}
	return nil
}

// errNoKeys says that the handshake has not brought them yet.
var errNoKeys = errors.New("there are no keys yet")

// profile is the library's name of a suite.
func profile(s sdp.Suite) (srtp.ProtectionProfile, bool) {
	switch s {
	case sdp.AES128SHA80:
		return srtp.ProtectionProfileAes128CmHmacSha1_80, true
	case sdp.AES128SHA32:
		return srtp.ProtectionProfileAes128CmHmacSha1_32, true
	case sdp.AES256SHA80:
		return srtp.ProtectionProfileAes256CmHmacSha1_80, true
	case sdp.AES256SHA32:
		return srtp.ProtectionProfileAes256CmHmacSha1_32, true
	case sdp.AES128GCM:
		return srtp.ProtectionProfileAeadAes128Gcm, true
	case sdp.AES256GCM:
		return srtp.ProtectionProfileAeadAes256Gcm, true
	}
	return 0, false
}

func newContext(suite sdp.Suite, key []byte, opts ...srtp.ContextOption) (*srtp.Context, error) {
	p, known := profile(suite)
	n, salt := suite.Sizes()
	if !known || len(key) != n+salt {
		return nil, fmt.Errorf("an SRTP key of %s has %d octets, not %d", suite, n+salt, len(key))
	}
	c, err := srtp.CreateContext(key[:n], key[n:], p, opts...)
	if err != nil {
		return nil, fmt.Errorf("the SRTP key cannot be used: %w", err)
	}
	return c, nil
}

// seal protects a packet we send; isRTCP tells the two kinds apart.
func (k *keys) seal(b []byte, isRTCP bool) ([]byte, error) {
	switch {
	case k.kind == sdp.NoKeys:
		return b, nil
	case k.send == nil:
		return nil, errNoKeys
	case isRTCP:
		return k.send.EncryptRTCP(k.sent[:0], b, nil)
	}
	return k.send.EncryptRTP(k.sent[:0], b, &k.header)
}

// open checks and decrypts a packet that came.
func (k *keys) open(b []byte, isRTCP bool) ([]byte, error) {
	switch {
	case k.kind == sdp.NoKeys:
		return b, nil
	case k.recv == nil:
		return nil, errNoKeys
	case isRTCP:
		return k.recv.DecryptRTCP(k.received[:0], b, nil)
	}
	return k.recv.DecryptRTP(k.received[:0], b, &k.header)
}
