package kustomersim

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sidetone/widgetbridge/pairing"
)

func TestBrowserIsPairedByTypedDigits(t *testing.T) {
	s := open(t, choice{unpaired: true})
	s.says(widget, "#connection", "Not paired")
	s.says(widget, "#blocked", "type the digits")
	s.click(widget, "#try-again")
	first := s.digits()
	wrong := []byte(first)
	wrong[5] = '0' + (wrong[5]-'0'+1)%10
	s.bridge.types(t, string(wrong))
	s.says(widget, "#pairing-once", "Those were not the digits. These are new ones; 2 tries are left.")
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#digits").textContent.replace(" ", "") !== "`+first+`"`))
	s.bridge.types(t, s.digits())
	s.connected()
	s.must(s.Navigate(s.ctx, s.host)) // the key outlasts the page
	s.connected()
	if n := len(s.bridge.all("pair")); n != 2 {
		t.Errorf("asked to pair %d times", n)
	}
}

func TestNewDigitsAtWill(t *testing.T) {
	s := open(t, choice{unpaired: true})
	s.says(widget, "#try-again", "Connect")
	s.click(widget, "#try-again")
	first := s.digits()
	s.says(widget, "#digits-left", "left")
	s.click(widget, "#new-digits")
	s.must(s.WaitEval(s.ctx, widget, `document.querySelector("#digits").textContent.replace(" ", "") !== "`+first+`"`))
	s.bridge.types(t, s.digits())
	s.connected()
}

func TestAppIsNotArmed(t *testing.T) {
	s := open(t, choice{unpaired: true})
	s.bridge.desk.Disarm()
	s.says(widget, "#try-again", "Connect")
	s.click(widget, "#try-again")
	s.says(widget, "#blocked", "First press Connect to Kustomer in the Sidetone window")
}

func TestRevokedBrowser(t *testing.T) {
	s := open(t, choice{})
	s.bridge.mu.Lock()
	s.bridge.page = ""
	s.bridge.mu.Unlock()
	s.bridge.drop()
	s.says(widget, "#connection", "Not paired")
	s.bridge.mu.Lock()
	s.bridge.desk.Arm(time.Now())
	s.bridge.mu.Unlock()
	s.bridge.forget()
	s.pair()
}

// TestSquatter: a program on the app's port that lets the page in without the digits, or answers with another key, is found
// out before it hears a number.
func TestSquatter(t *testing.T) {
	s := open(t, choice{})
	other, err := pairing.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	s.bridge.mu.Lock()
	s.bridge.own = other
	s.bridge.mu.Unlock()
	s.bridge.drop()
	s.says(widget, "#blocked", "Another program answers in Sidetone’s place")
	s.bridge.forget()
	s.click("", `[data-number="+12025550142"]`)
	s.says(widget, "#blocked", "not dialled")
	if n := s.bridge.all("number-dialed"); len(n) > 0 {
		t.Errorf("it heard %v", n)
	}
}

func TestSquatterCannotPair(t *testing.T) {
	s := open(t, choice{unpaired: true})
	s.says(widget, "#try-again", "Connect")
	s.click(widget, "#try-again")
	digits := []byte(s.digits())
	digits[0] = '0' + (digits[0]-'0'+1)%10
	s.bridge.guesses(t, string(digits))
	s.says(widget, "#blocked", "It is not Sidetone")
	s.must(s.Navigate(s.ctx, s.host))
	s.says(widget, "#connection", "Not paired")
}

// guesses plays a program that does not know the digits and says all the same that it was them.
func (b *bridge) guesses(t *testing.T, digits string) {
	t.Helper()
	b.mu.Lock()
	b.careless = true
	b.mu.Unlock()
	b.types(t, digits)
}

// TestPagesComputeWhatTheAppDoes runs the page's own hashes over the app's golden values.
func TestPagesComputeWhatTheAppDoes(t *testing.T) {
	golden, err := os.ReadFile(filepath.Join("..", "..", "widgetbridge", "pairing", "testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, choice{noBridge: true})
	var got []bool
	js := `import("/js/pairing.js").then(async (m) => {
		const g = ` + string(golden) + `;
		const x = { origin: g.Origin, page: g.Page, app: g.App, pageNonce: g.PageNonce, appNonce: g.AppNonce };
		const shown = await m.digits(x);
		return [await m.commitment(g.Page, g.PageNonce) === g.Commit, shown === g.Digits, await m.typed(x, shown, g.Typed) === g.TypedCommit,
			m.proof("page", { ...x, port: 17931 }) === g.Text];
	})`
	if err := s.Eval(s.ctx, widget, js, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 || !got[0] || !got[1] || !got[2] || !got[3] {
		t.Errorf("%v", got)
	}
}

// TestKeyStaysInTheBrowser: nothing on the page can read the private key out.
func TestKeyStaysInTheBrowser(t *testing.T) {
	s := open(t, choice{noBridge: true})
	var got string
	js := `import("/js/pairing.js").then(async (m) => {
		const k = await new m.Keys().open();
		try { await crypto.subtle.exportKey("jwk", k.pair.privateKey); return "exported"; } catch (e) { return e.name; }
	})`
	if err := s.Eval(s.ctx, widget, js, &got); err != nil || !strings.Contains(got, "InvalidAccess") {
		t.Errorf("%q %v", got, err)
	}
}

// TestHeldBackSocketsStillArrive: after two dozen refused sockets Chromium holds every further one back for 1 to 5 seconds, as where
// the phone is started late. The widget then waits long enough. The sockets here are held back by the test: Chromium takes a minute.
func TestHeldBackSocketsStillArrive(t *testing.T) {
	s := open(t, choice{unpaired: true})
	s.says(widget, "#connection", "Not paired")
	js := fmt.Sprintf(`import("/js/connection.js").then((m) => {
		const Real = WebSocket;
		window.WebSocket = class {
			static OPEN = Real.OPEN;
			constructor(url) {
				setTimeout(() => {
					if (this.shut) return;
					this.real = new Real(url);
					for (const on of ["onopen", "onmessage", "onclose"]) this.real[on] = (e) => this[on](e);
				}, 3000);
			}
			get readyState() { return this.real?.readyState ?? Real.CONNECTING; }
			close() {
				this.shut = true;
				if (this.real) this.real.close();
				else this.onclose();
			}
		};
		const finds = (round, clicked) => new Promise((done) => {
			const c = new m.Connection({ ports: [%d], org: "acme", keys: { known: false }, onState: ({ name }) => { if (name !== "connecting") done(name); } });
			c.round = round;
			c.start(clicked).then(() => clearTimeout(c.timer));
		});
		return Promise.all([finds(0, false), finds(3, false), finds(0, true)]).then(String);
	})`, s.bridge.port)
	var got string
	s.must(s.Eval(s.ctx, widget, js, &got))
	if got != "down,unpaired,unpaired" {
		t.Errorf("it says %s", got)
	}
}
