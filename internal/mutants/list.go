package main

// mutants is every rule of the bridge, with the number of its defence in docs/BRIDGE.md, and every rule of the status.
func mutants() []mutant {
	return slicesOf(door(), proof(), desk(), messages(), limits(), numbers(), customers(), pages(), status())
}

func slicesOf(lists ...[]mutant) []mutant {
	var out []mutant
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

const bridge = "./widgetbridge"

// door is what a request needs before anything is upgraded.
func door() []mutant {
	guard, listen := "widgetbridge/guard.go", "widgetbridge/listen.go"
	return []mutant{
		{"1 both loopbacks or neither", listen, `if !ipv6Loopback(ctx, lc) {`, `if true {`, bridge, ""},
		{"1 loopback only", listen, `net.JoinHostPort("127.0.0.1", strconv.Itoa(port))`, `net.JoinHostPort("0.0.0.0", strconv.Itoa(port))`, bridge, ""},
		{"1 the peer is on loopback", guard, `return err == nil && a.Addr().Unmap().IsLoopback()`, `return err == nil && a.IsValid()`, bridge, ""},
		{"3 Host is literal", guard, `if host == net.JoinHostPort(name, p) {`, `if host != "" || host == net.JoinHostPort(name, p) {`, bridge, ""},
		{"4 one Origin", guard, `return len(got) == 1 && got[0] != ""`, `return len(got) > 0 && got[0] != ""`, bridge, ""},
		{"4 an allowed Origin", guard, `slices.Contains(allowed, got[0])`, `slices.Contains(allowed, allowed[0])`, bridge, ""},
		{"4 Origin byte for byte", guard, `slices.Contains(allowed, got[0])`, `slices.ContainsFunc(allowed, func(a string) bool { return strings.HasPrefix(got[0], a) })`, bridge, ""},
		{"5 no reflected origin", guard, `h.Set("Vary", "Origin")`, `h.Set("Access-Control-Allow-Origin", "*")`, bridge, ""},
		{"6 Sec-Fetch-Mode", guard, `len(got) == 1 && strings.EqualFold(got[0], "websocket")`, `len(got) == 1`, bridge, ""},
		{"7 GET only", guard, ` || r.Method != http.MethodGet:`, `:`, bridge, ""},
		{"7 one path", guard, `case r.URL.Path != path:`, `case r.URL.Path == "":`, bridge, ""},
		{"13 nothing in the query", guard, `r.URL.RawQuery != "" || r.URL.ForceQuery || `, ``, bridge, ""},
		{"8 no frames", guard, `h.Set("X-Frame-Options", "DENY")`, `h.Set("X-Frame-Options", "SAMEORIGIN")`, bridge, ""},
		{"9 the popup's parts are its own", guard, `, got != "" && got != want:`, `, got != "" && got == "" && got != want:`, bridge, ""},
		{"9 the popup opens by its literal address", guard, `case r.Host != strings.TrimPrefix(pipeOrigin(port), "http://"), got`, `case got`, bridge, ""},
	}
}

// proof is what a connection needs before it hears or says anything.
func proof() []mutant {
	pair, admit, conn, hub := "widgetbridge/pairing/pairing.go", "widgetbridge/admit.go", "widgetbridge/conn.go", "widgetbridge/hub.go"
	both := bridge + " ./widgetbridge/pairing"
	return []mutant{
		{"12 the signature is looked at", admit, `if !known || !about.ByPage(key, m.Sig) {`, `if !known || key == "" && !about.ByPage(key, m.Sig) {`, bridge, ""},
		{"12 the port is signed", pair, `h.Origin, strconv.Itoa(h.Port), `, `h.Origin, strconv.Itoa(0), `, both, ""},
		{"12 the origin is signed", pair, `text(side, h.Origin,`, `text(side, "",`, both, ""},
		{"12 the role is signed", pair, `return text(side, h.Origin`, `return text(page, h.Origin`, both, ""},
		{"12 the app's nonce is signed", pair, `, h.AppNonce, h.PageNonce)`, `, "", h.PageNonce)`, both, ""},
		{"12 the page's nonce is signed", pair, `, h.AppNonce, h.PageNonce)`, `, h.AppNonce, "")`, both, ""},
		{"12 the key is for its origin", "widgetbridge/pairing/book.go", `if e.Origin == origin && e.Key.ID() == id {
			return e.Key, true`, `if e.Key.ID() == id {
			return e.Key, true`, both, ""},
		{"12 nothing before the proof", conn, `	default:
			return wire.ErrMessage
		}
	}
}

func (c *conn) prove`, `	default:
			return nil
		}
	}
}

func (c *conn) prove`, bridge, ""},
		{"9 a page speaks for its own origin", conn, `!c.piped && origin == c.header:`, `!c.piped:`, bridge, ""},
		{"9 the popup speaks for allowed origins", conn, `case c.piped && slices.Contains(c.bridge.cfg.Origins, origin), `, `case c.piped && (origin != "" || slices.Contains(c.bridge.cfg.Origins, origin)), `, bridge, ""},
		{"22 no state before the proof", hub, `		if !w.greeted {
			continue
		}
		mine := state`, `		mine := state`, bridge, ""},
		{"25 nobody is heard until expected", hub, `h.gate.open.Store(len(`, `h.gate.open.Store(true || len(`, bridge, ""},
		{"19 so many connections", "widgetbridge/gate.go", `l.gate.inside.Add(1) <= mostInside && `, `l.gate.inside.Add(1) > 0 && `, bridge, ""},
		{"19 who goes makes room", "widgetbridge/gate.go", `g.gate.inside.Add(-1)`, `g.gate.inside.Add(0)`, bridge, ""},
		{"25 a revoked page is disconnected", admit, `if w.greeted && w.key == e.id {`, `if w.greeted && w.key == "" {`, bridge, ""},
	}
}

// desk is how a page comes to be known.
func desk() []mutant {
	desk, book := "widgetbridge/pairing/desk.go", "widgetbridge/pairing/book.go"
	both := "./widgetbridge/pairing " + bridge
	return []mutant{
		{"10 only while armed", desk, `case !d.Armed(now):`, `case d == nil:`, both, ""},
		{"10 one page at a time", desk, `case d.page != 0 && d.page != t && now.Before(d.until):`, `case d.page == t && t == 0:`, both, ""},
		{"10 a minute", desk, `	if !now.Before(d.until) {
		d.drop()
		return 0, "", ErrExpired
	}
`, ``, both, ""},
		{"10 three tries", desk, `if d.wrong++; d.wrong >= Tries {`, `if d.wrong++; d.wrong > Tries {`, both, ""},
		{"10 the digits are compared", desk, `case same(x.Digits(), typed):`, `case typed != "":`, both, ""},
		{"10 the page is bound to its nonce", desk, `case !same(Commitment(x.Page, nonce), bound):`, `case bound == "":`, both, ""},
		{"10 the digits hang on the app's nonce", "widgetbridge/pairing/pairing.go", `string(x.App), x.PageNonce, x.AppNonce)`, `string(x.App), x.PageNonce, "")`, both, ""},
		{"10 the digits hang on the app's key", "widgetbridge/pairing/pairing.go", `string(x.Page), string(x.App), x.PageNonce`, `string(x.Page), "", x.PageNonce`, both, ""},
		{"10 the reveal comes after the digits", desk, ` || d.typed == "" {
		return Paired{}`, ` {
		return Paired{}`, both, ""},
		{"10 once", desk, `		d.Disarm()
		return Paired{Origin`, `		return Paired{Origin`, both, ""},
		{"11 the list is private", book, `os.CreateTemp(filepath.Dir(b.path), ".pages-*") // mode 0600`, `os.OpenFile(filepath.Join(filepath.Dir(b.path), ".pages-new"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)`, both, ""},
		{"11 the pages know this key of ours", book, `if f.App == own {`, `if f.App != "" {`, both, ""},
		{"11 the list is bounded", book, `for len(b.entries) >= mostEntries {`, `for len(b.entries) > 1000 {`, both, ""},
	}
}

// messages is how a message is read.
func messages() []mutant {
	wire := "widgetbridge/wire/wire.go"
	tests := "./widgetbridge/wire " + bridge
	return []mutant{
		{"16 unknown fields", wire, `	dec.DisallowUnknownFields()
`, ``, tests, ""},
		{"16 one value", wire, `if _, err := dec.Token(); !errors.Is(err, io.EOF) {`, `if _, err := dec.Token(); err == io.EOF && !errors.Is(err, io.EOF) {`, tests, ""},
		{"16 4 KiB", wire, `if len(b) > MaxMessage {`, `if len(b) < 0 {`, tests, ""},
		{"16 known types", wire, `	if m == nil {
		return nil, fmt.Errorf("%w: its type is unknown", ErrMessage)
	}
`, `	if m == nil {
		return &StatusApplied{}, nil
	}
`, tests, ""},
		{"16 fields of a number", wire, `if !token(n.ID) {`, `if n.ID == "" {`, tests, ""},
		{"22 statuses of the list", "widgetbridge/wire/status.go", `case !oneOf(k.Status, `, `case k.Status == "" || false && !oneOf(k.Status, `, tests, ""},
		{"26 verbs of the list", "widgetbridge/wire/command.go", `case !oneOf(c.Do, `, `case c.Do == "" || false && !oneOf(c.Do, `, tests, ""},
		{"31 texts are safe to draw", wire, `		t.tidy()
`, `		_ = t
`, "./widgetbridge/wire", ""},
		{"16 text messages only", "widgetbridge/conn.go", `if kind != websocket.MessageText {`, `if kind == 0 {`, bridge, ""},
	}
}

// limits is what keeps one page from taking everything.
func limits() []mutant {
	hub, conn, admit := "widgetbridge/hub.go", "widgetbridge/conn.go", "widgetbridge/admit.go"
	return []mutant{
		{"17 one click, several tabs", "widgetbridge/limits.go", `if o.key == n.key || o.digits == n.digits && n.at.Sub(o.at).Abs() < within {`, `if o.key == n.key && within > 0 {`, bridge, ""},
		{"17 one click, said again", "widgetbridge/limits.go", `if o.key == n.key || o.digits`, `if o.digits`, bridge, ""},
		{"17 the same click again", "internal/phone/dial.go", `if err, again := k.outcome(c.Key, now); again {`, `if err, again := k.outcome(c.Key, now); again && c.Key == "never" {`, "./internal/phone", ""},
		{"18 dials a second", hub, `if key == e.key && !h.dials.take(now) {`, `if key == e.key && h.dials == nil {`, bridge, ""},
		{"18 customers opened a second", hub, `e.ok <- !opens || h.opens.take(now)`, `e.ok <- !opens || h.opens != nil`, bridge, ""},
		{"18 proofs that are none", admit, `if d.failed.take(now) {`, `if d.failed != nil {`, bridge, ""},
		{"19 proved connections", hub, `return n < maxProved`, `return n < 1000`, bridge, ""},
		{"19 fresh connections", hub, `fresh >= maxFresh {`, `fresh > 1000 {`, bridge, ""},
		{"19 read limit", conn, `	ws.SetReadLimit(wire.MaxMessage)
`, `	ws.SetReadLimit(1 << 20)
`, bridge, ""},
		{"19 no compression", conn, `websocket.CompressionDisabled`, `websocket.CompressionNoContextTakeover`, bridge, ""},
		{"20 hello in time", conn, `	late := time.AfterFunc(c.bridge.cfg.hello, c.stop)
`, `	late := time.AfterFunc(time.Hour, c.stop)
`, bridge, ""},
		{"20 who asks to pair does not stay", conn, `if c.asks(ctx, wantsPairing{c: c, m: m}) {`, `if c.asks(ctx, wantsPairing{c: c, m: m}) || c != nil {`, bridge, "Stranger"},
		{"20 whose turn it is may stay", conn, `				late.Reset(pairWithin)
`, ``, bridge, "WhoseTurn"},
		{"22 who was given a wish answers for it", hub, `return w != nil && rev <= max(w.given, h.gone[w.key])`, `return w != nil`, bridge, "OnlyWho"},
		{"23 a log knows two digits", conn, `"ends", lastTwo(m.Number), `, `"ends", m.Number, `, bridge, ""},
	}
}

// numbers is what may be dialled from outside.
func numbers() []mutant {
	dial := "internal/phone/dial.go"
	return []mutant{
		{"14 the first click asks", dial, `d.trusted[c.Origin] || !d.rules.AskFirst`, `d.trusted != nil || !d.rules.AskFirst || true`, "./internal/phone", ""},
		{"14 what looks wrong asks", dial, `if !n.Confirm && (`, `if n.Kind != "" && (`, "./internal/phone", ""},
		{"14 only the agent decides", dial, `	if !byHand(c.Origin) {
		return "", refuse(CodeNotNow, "Only the agent decides about that.")
	}
`, ``, "./internal/phone", ""},
		{"14 a click puts nobody on hold", dial, `	if err := p.room(c.Origin); err != nil {
		return "", err
	}
	account, err`, `	account, err`, "./internal/phone", ""},
		{"15 a link is a stranger", dial, `	who := number.Stranger
`, `	who := number.Agent
`, "./internal/phone", ""},
	}
}

// customers is who may say who calls, who opens a customer, and who writes a call into Kustomer.
func customers() []mutant {
	found, log := "widgetbridge/customers.go", "widgetbridge/log.go"
	wire := "widgetbridge/wire/customer.go"
	return []mutant{
		{"27 the widget that speaks says who calls", found, `if w == nil || w != h.speaker || h.snap == nil {`, `if w == nil || h.snap == nil {`, bridge, ""},
		{"27 only about a call that is asked about", found, `if !ok || l.N != m.N {`, `if !ok && l.N != m.N {`, bridge, ""},
		{"28 a link goes to Kustomer", found, `if customer.IsHost(m.Host, h.cfg.Hosts) {`, `if customer.IsHost(m.Host, h.cfg.Hosts) || m.Host != "" {`, bridge, ""},
		{"28 a host below Kustomer's", "internal/customer/link.go", `return ok && below && name != "" && `, `return ok && (below || name != "") && `, "./internal/customer", ""},
		{"28 an address holds identifiers only", "internal/customer/link.go", `if host == "" || !IsID(m.ID) {`, `if host == "" {`, "./internal/customer", ""},
		{"28 identifiers have their form", wire, `case !token(m.ID) || m.Last != "" && !token(m.Last):`, `case m.ID == "":`, "./widgetbridge/wire", ""},
		{"29 one tab opens a customer", found, `if h.pop.by != w || h.snap.Pop.N != h.pop.n {`, `if h.snap.Pop.N != h.pop.n {`, bridge, ""},
		{"29 the tab that was asked answers", found, `if w == nil || w != h.pop.by || n != h.pop.n {`, `if w == nil || n != h.pop.n {`, bridge, ""},
		{"29 a tab that says nothing", found, `	h.after(popWithin, h.pop.by.c, tooLate{h.pop.n})
`, ``, bridge, ""},
		{"30 one tab writes a call", log, `if t == nil || h.log.by != w || `, `if t == nil || `, bridge, ""},
		{"30 the tab that was given a call answers", log, `if w == nil || w != h.log.by || callID(id)`, `if w == nil || callID(id)`, bridge, ""},
		{"30 a try stays with its tab", "widgetbridge/hub.go", `	h.logLost(w)
`, ``, bridge, ""},
		{"30 a call is looked for first", "widgetbridge/web/static/js/calllog.js", `if (there) return this.found(task, there);`, `if (there && task.try < 0) return this.found(task, there);`, "./internal/kustomersim", "CallBecomes"},
		{"31 names are text", "widgetbridge/web/static/js/caller.js", `name.textContent = m.name || m.id;`, `name.innerHTML = m.name || m.id;`, "./internal/kustomersim", "TheCallerInTheWidget"},
		{"31 notes are text of 1000 characters", "widgetbridge/wire/command.go", `case len([]rune(c.Text)) > 1000 || `, `case c.Text == "\x00" || `, "./widgetbridge/wire", ""},
	}
}

// pages is what the browser's side keeps to.
func pages() []mutant {
	sim := "./internal/kustomersim"
	return []mutant{
		{"16 the page takes known fields", "widgetbridge/web/static/js/protocol.js", `Object.hasOwn(v, name) ? shape(v[name]) : undefined;`, `Object.hasOwn(v, name) ? shape(v[name]) ?? v[name] : undefined;`, sim, "Decode"},
		{"11 the page's key stays", "widgetbridge/web/static/js/pairing.js", `crypto.subtle.generateKey(curve, false,`, `crypto.subtle.generateKey(curve, true,`, sim, "KeyStays"},
		{"12 the page checks the app", "widgetbridge/web/static/js/connection.js", `m?.type === "welcome" && await this.keys.knows(about, m.sig)`, `m?.type === "welcome"`, sim, "Squatter"},
		{"10 the page checks the typed digits", "widgetbridge/web/static/js/connection.js", `if (await typed(this.x, this.shown, m.nonce) === this.bound) {`, `if (m.nonce) {`, sim, "Squatter"},
		{"24 scripts of our own", "widgetbridge/web/web.go", `"script-src " + strings.TrimSpace("'self' "+origin(o.SDK))`, `"script-src " + strings.TrimSpace("'self' 'unsafe-inline' "+origin(o.SDK))`, "./widgetbridge/web", ""},
		{"24 Kustomer frames us", "widgetbridge/web/web.go", `"frame-ancestors " + strings.Join(o.Ancestors, " ")`, `"frame-ancestors *"`, "./widgetbridge/web", ""},
		{"24 connections to the app only", "widgetbridge/web/web.go", `"connect-src " + strings.Join(connect, " ")`, `"connect-src *"`, "./widgetbridge/web", ""},
	}
}
