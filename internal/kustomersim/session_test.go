package kustomersim

import (
	"reflect"
	"strings"
	"testing"
)

// stand-ins for the browser's clock and for the reads, so that a session's reads can be followed one by one: run() lets the next
// planned read begin, and the log says what was planned, read and told.
const followed = `import("/js/session.js").then(async (m) => {
	const log = [], plans = [];
	const real = [setTimeout, clearTimeout];
	globalThis.setTimeout = (f, ms) => { plans.push({ f, ms }); return plans.length; };
	globalThis.clearTimeout = (id) => { if (id) plans[id - 1].f = null; };
	const settle = async () => { for (let i = 0; i < 8; i++) await Promise.resolve(); };
	const run = async () => { const p = plans.filter((p) => p.f).at(-1); log.push("after " + p.ms); const f = p.f; p.f = null; f(); await settle(); };
	const at = (status) => ({ status, label: "", ref: "", system: true });
	let reads = () => at("available");
	const s = new m.Session({
		read: async () => { log.push("read"); return reads(); }, tell: (said) => log.push([said.status, said.how, said.after, ...said.took ? ["took", said.took] : []].join(" ")),
		trouble: (code) => { if (code) log.push(code); }, unread: () => log.push("unread"),
	});
	try {
		SCENE
	} finally {
		[globalThis.setTimeout, globalThis.clearTimeout] = real;
	}
	return log;
})`

func TestReadsOfTheWorkSession(t *testing.T) {
	s := open(t, choice{noBridge: true})
	for name, c := range map[string]struct {
		scene string
		want  []string
	}{
		"found, then looked at again; what is the same is not said again": {
			`s.follow(true, 0); await run(); await run(); reads = () => at("offline"); await run(); s.heard(); await run();`,
			[]string{"after 0", "read", "available found 0", "after 15000", "read", "after 15000", "read", "offline polled 0", "after 15000", "read", "offline polled 0"},
		},
		"who is not listened to reads nothing": {`s.follow(false, 3); s.heard(); s.pushed(4, "busy"); log.push(String(plans.length));`, []string{"0"}},
		"a change overtakes a read": {
			`let once = true; reads = () => { if (once) s.heard(); once = false; return at("available"); }; s.follow(true, 2); await run();`,
			[]string{"after 0", "read", "read", "available found 2"},
		},
		"a push of another tab overtakes a read": {
			`let once = true; reads = () => { if (once) s.follow(true, 7); once = false; return at("available"); }; s.follow(true, 2); await run();`,
			[]string{"after 0", "read", "read", "available found 7"},
		},
		"changes without end": {
			`reads = () => { s.heard(); return at("available"); }; s.follow(true, 0); await run(); await run();`,
			[]string{"after 0", "read", "read", "read", "read", "after 15000", "read", "read", "read", "read"},
		},
		"a push overtakes a read, is read back, and once more because Kustomer is slow": {
			`s.follow(true, 0); await run(); reads = () => new Promise(() => {}); await run(); s.pushed(5, "busy"); reads = () => at("available"); await run();
			reads = () => at("wrap-up"); await run();`,
			[]string{"after 0", "read", "available found 0", "after 15000", "read", "after 1500", "read", "after 3000", "read", "wrap-up read-back 5 took 5"},
		},
		"a push that Kustomer does not take": {
			`s.follow(true, 0); await run(); s.pushed(5, "busy"); await run(); await run();`,
			[]string{"after 0", "read", "available found 0", "after 1500", "read", "after 3000", "read", "available read-back 5"},
		},
		"a push that was seen taken while the app could not be reached": {
			`s.follow(true, 0); await run(); s.pushed(5, "busy"); s.follow(false, 0); s.shown("busy"); s.shown("available"); s.follow(true, 5); await run();`,
			[]string{"after 0", "read", "available found 0", "after 0", "read", "available found 5 took 5"},
		},
		"no answer": {
			`reads = () => { throw { trouble: "no-answer" }; }; s.follow(true, 0); for (let i = 0; i < 8; i++) await run(); reads = () => at("busy"); await run(); await run();`,
			[]string{"after 0", "read", "no-answer", "unread", "after 5000", "read", "no-answer", "unread", "after 10000", "read", "no-answer", "unread",
				"after 20000", "read", "no-answer", "unread", "after 40000", "read", "no-answer", "unread", "after 80000", "read", "no-answer", "unread",
				"after 160000", "read", "no-answer", "unread", "after 300000", "read", "no-answer", "unread", "after 300000", "read", "busy found 0", "after 15000", "read"},
		},
		"refused": {
			`reads = () => { throw { trouble: "not-allowed" }; }; s.follow(true, 0); await run(); log.push(String(s.readable)); await run(); await run();`,
			[]string{"after 0", "read", "not-allowed", "unread", "false", "after 60000", "read", "not-allowed", "unread", "after 120000", "read", "not-allowed", "unread"},
		},
		"speaking again": {
			`s.follow(true, 0); await run(); s.follow(false, 0); s.follow(true, 0); await run();`,
			[]string{"after 0", "read", "available found 0", "after 0", "read", "available found 0"},
		},
		"an answer that comes when another tab speaks": {
			`let answer; reads = () => new Promise((done) => { answer = done; }); s.follow(true, 0); await run(); s.follow(false, 0); answer(at("busy")); await settle();`,
			[]string{"after 0", "read"},
		},
	} {
		var got []string
		js := strings.Replace(followed, "SCENE", c.scene, 1)
		if err := s.Eval(s.ctx, widget, js, &got); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, c.want)
		}
	}
}
