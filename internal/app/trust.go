package app

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"sidetone/internal/config"
	"sidetone/internal/secret"
	"sidetone/sip/flow"
)

// trust is which SIP servers are believed, and how this phone proves itself to those that want it. dir is the folder of the settings,
// keyring what gives a secret by its name.
func trust(s config.SIP, dir string, keyring func(ctx context.Context, name string) (string, error)) (flow.Trust, error) {
	company, err := s.Authorities(dir)
	if err != nil {
		return flow.Trust{}, err
	}
	t := flow.Trust{Company: company, Pins: s.TLSPins}
	chain, err := s.Chain(dir)
	if len(chain) > 0 {
		t.Certificate = func(ctx context.Context) (*tls.Certificate, error) {
			text, err := keyring(ctx, secret.TLSKey)
			if errors.Is(err, secret.ErrNone) {
				return nil, errors.New("its key is not in the keyring: store it with sidetonectl key")
			}
			if err != nil {
				return nil, err
			}
			return certificate(chain, text)
		}
	}
	return t, err
}

// certificate puts this phone's certificate and its key together.
func certificate(chain []*x509.Certificate, key string) (*tls.Certificate, error) {
	signer, err := secret.DecodeKey(key)
	if err != nil {
		return nil, err
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(chain[0].PublicKey) {
		return nil, fmt.Errorf("the keyring has the key of another certificate: store that of %q with sidetonectl key", chain[0].Subject.CommonName)
	}
	c := &tls.Certificate{PrivateKey: signer, Leaf: chain[0]}
	for _, one := range chain {
		c.Certificate = append(c.Certificate, one.Raw)
	}
	return c, nil
}
