package app

// browser lets a program open pages of Kustomer where no widget can.
type browser struct{ app *App }

// Open implements phone.Browser.
func (b browser) Open(link string) {
	if b.app.Browse == nil {
		return
	}
	go func() {
		if err := b.app.Browse(link); err != nil {
			b.app.log.Warn("a customer could not be opened in the browser", "reason", err)
		}
	}()
}
