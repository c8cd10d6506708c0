package sip

// A binding whose account was removed, or replaced, is registered no more, but calls may still be on it: their dialogs are at its
// server. It lives as long as they do.

// reopenAfter is how long, in T1, a server that cannot be reached is left alone: 5 seconds.
const reopenAfter = 10

// retired reports whether a binding's account is no more.
func (b *binding) retired() bool { return b.u.accounts[b.account.conf.ID] != b.account }

// readdress takes the address that this computer has by now on the way to a server nobody looks after. Over a connection there is none to
// take.
func (b *binding) readdress() {
	if !b.retired() || !b.link.alive() {
		return
	}
	if f, err := b.u.renew(b.link); err == nil {
		b.link = f
	}
}

// reopen opens anew what calls had over a lost connection to a server that nobody is registered at any more.
func (u *UA) reopen(lost *link) {
	seen := map[*binding]bool{}
	for _, l := range u.legs {
		if b := l.binding; b != nil && b.link == lost && b.retired() && !seen[b] && (l.account == b.account || !l.account.uses(lost)) {
			seen[b] = true
			b.reopen()
		}
	}
}

// reopen tries until there is a connection, or no call that needs it. The far ends hear of it. What a call has to say meanwhile goes
// by the account that took the place of its own, if there is one, and so does the call from then on.
func (b *binding) reopen() {
	calls := func() (on []*leg) {
		for _, l := range b.u.legs {
			if l.binding == b && !b.link.alive() {
				on = append(on, l)
			}
		}
		return on
	}
	if b.u.closing || len(calls()) == 0 {
		return
	}
	b.route.forget()
	b.route.next(func(f *link, err error) {
		b.route.know(nil) // a connection needs no leave to speak
		if err != nil {
			b.u.after(reopenAfter*b.u.cfg.T1, b.reopen)
			return
		}
		on := calls()
		b.link = f
		for _, l := range on {
			l.way()
			l.account.retell()
		}
	})
}
