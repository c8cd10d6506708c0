package app

import (
	"context"
	"errors"
	"path/filepath"

	"sidetone/internal/app/place"
	"sidetone/internal/secret"
	"sidetone/widgetbridge"
	"sidetone/widgetbridge/pairing"
)

// pagesName is the file of the paired pages in the data folder. Nothing in it is secret.
const pagesName = "pages.json"

// keep gives the bridge its key, from the keyring, and the pages that know it. Where nothing keeps secrets, or the settings
// say so, both last for this run only. A locked keyring is an error: what it holds must not be replaced.
func (a *App) keep(ctx context.Context) (widgetbridge.Keeping, error) {
	if a.Config().Bridge.Forget {
		return passing()
	}
	id, err := a.bridgeKey(ctx)
	if errors.Is(err, secret.ErrNoKeyring) {
		a.log.Warn("Kustomer has to be connected anew after every start", "reason", err)
		return passing()
	}
	if err != nil {
		return widgetbridge.Keeping{}, err
	}
	own, err := id.Key()
	if err != nil {
		return widgetbridge.Keeping{}, err
	}
	book, err := pairing.OpenBook(filepath.Join(a.options.DataDir, pagesName), own)
	return widgetbridge.Keeping{Identity: id, Book: book}, err
}

// passing is a key and a book that end with the run.
func passing() (widgetbridge.Keeping, error) {
	id, err := pairing.NewIdentity()
	if err != nil {
		return widgetbridge.Keeping{}, err
	}
	book, err := pairing.OpenBook("", "")
	return widgetbridge.Keeping{Identity: id, Book: book}, err
}

// bridgeKey is the key in the keyring; the first start makes one.
func (a *App) bridgeKey(ctx context.Context) (pairing.Identity, error) {
	text, err := secret.Keyring{}.Get(ctx, a.keyName())
	if err == nil {
		if id, err := pairing.ParseIdentity(text); err == nil {
			return id, nil
		}
		a.log.Warn("the keyring's entry for the bridge was not a key and is replaced")
	} else if !errors.Is(err, secret.ErrNone) {
		return pairing.Identity{}, err
	}
	id, err := pairing.NewIdentity()
	if err != nil {
		return id, err
	}
	if text, err = id.Secret(); err != nil {
		return id, err
	}
	return id, secret.Keyring{}.Set(ctx, a.keyName(), text)
}

// keyName is the keyring's name for the key. A data folder of its own has a key of its own.
func (a *App) keyName() string {
	if a.options.DataDir == place.DataDir() {
		return "bridge key"
	}
	return "bridge key of " + a.options.DataDir
}
