package secret

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
)

// TLSKey is the keyring's name for the private key of this phone's certificate. No account has a blank in its name.
const TLSKey = "TLS key"

// EncodeKey makes the text that the keyring keeps out of a private key in PEM. It is short: some keyrings take no more than 2,500
// characters. The errors say what to do.
func EncodeKey(text []byte) (string, error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return "", errors.New("there is no private key: it must be PEM, which begins with -----BEGIN PRIVATE KEY-----")
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return "", errors.New("the private key has a password of its own: take it off with openssl pkey, the keyring keeps the key safe")
		}
		if key := privateKey(block); key != nil {
			der, err := x509.MarshalPKCS8PrivateKey(key)
			return base64.StdEncoding.EncodeToString(der), err
		}
	}
}

// privateKey reads a block in any of the usual forms; nil if it is something else.
func privateKey(block *pem.Block) any {
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key
	}
	return nil
}

// DecodeKey reads what EncodeKey has made.
func DecodeKey(text string) (crypto.Signer, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the keyring's private key is none: %w", err)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("the keyring's private key is none: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the keyring's private key cannot sign")
	}
	return signer, nil
}
