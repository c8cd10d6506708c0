package kustomersim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fuzzDecode runs inside the widget. It takes apart and mends wrongly the messages that the app really sends, gives them to the page's
// own decode for a while, and returns how many there were and the first that went wrong. The numbers it draws come from the seed.
const fuzzDecode = `async (texts, seed, ms) => {
  const { decode } = await import("/js/protocol.js");
  const draw = () => { seed = seed + 0x6d2b79f5 | 0; let t = Math.imul(seed ^ seed >>> 15, 1 | seed); t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t; return ((t ^ t >>> 14) >>> 0) / 4294967296; };
  const pick = (list) => list[Math.floor(draw() * list.length)];
  const odd = () => pick([null, true, false, 0, -1, 1.5, 1e308, 9007199254740993, "", "x", "constructor", "__proto__", "\u202e\ud800", "y".repeat(5000), [], {}, [[]], [null], { id: {} },
    "@deep", JSON.parse('{"__proto__":{"id":"p","phase":"active"},"toString":1}')]);
  const deep = "[".repeat(30000) + "]".repeat(30000), write = (m) => JSON.stringify(m).replaceAll('"@deep"', deep);
  const parts = (v, found = []) => { if (v && typeof v === "object") for (const k of Object.keys(v)) { found.push([v, k]); parts(v[k], found); } return found; };
  const mutate = (m) => {
    for (let n = 1 + Math.floor(draw() * 3); n > 0; n--) {
      const all = parts(m).slice(0, 400);
      if (!all.length) return m;
      const [where, key] = pick(all), [other, from] = pick(all);
      switch (Math.floor(draw() * 7)) {
        case 0: delete where[key]; break;
        case 1: where[key] = odd(); break;
        case 2: where[key] = structuredClone(other[from]); break;
        case 3: where[pick(["id", "type", "calls", "status", "rev", "extra", "toString", "n"])] = odd(); break;
        case 4: where[key] = [where[key], odd()]; break;
        case 5: where[key] = typeof where[key] === "number" ? where[key] * pick([-1, 0.5, 1e300]) : (typeof where[key] === "object" ? "" : String(where[key])).slice(0, 9000) + pick(["", "\u0000", "0"]); break;
        case 6: where[key] = pick(["state", "welcome", "result", "refused", "challenge", "pair-challenge", "pair-commit", "paired", "available", "active"]); break;
      }
    }
    return m;
  };
  const torn = (text) => { const at = Math.floor(draw() * text.length); return pick([text.slice(0, at), text.slice(0, at) + pick(["\"", "{", "}", ",", "\u0000", "1e999"]) + text.slice(at + 1), text + text, text.slice(at)]); };

  // What the app's wire says, once more and in other words.
  const S = "string", B = "boolean", W = (v) => Number.isSafeInteger(v) && v >= 0, any = (...l) => (v) => l.includes(v), list = (f) => (v) => Array.isArray(v) && v.every((x) => fits(f, x));
  const fits = (f, v) => typeof f === "function" ? f(v) : typeof f === "string" ? typeof v === f
    : v !== null && typeof v === "object" && !Array.isArray(v) && Object.entries(v).every(([k, x]) => Object.hasOwn(f, k) ? fits(f[k], x) : Object.hasOwn(f, k + "!") && fits(f[k + "!"], x))
      && Object.keys(f).every((k) => !k.endsWith("!") || Object.hasOwn(v, k.slice(0, -1)));
  const or = (f) => (v) => v === null || fits(f, v), kinds = any("available", "busy", "wrap-up", "unavailable", "offline");
  const named = { "status!": kinds, label: S }, said = { "text!": S, "code!": S, "name!": S };
  const lookup = { "n!": W, number: S, "state!": S, chosen: S, status: W, matches: list({ "id!": S, name: S, company: S, last: S, last_name: S, last_open: B, last_at: S }) };
  const forms = {
    challenge: { "type!": S, "nonce!": S }, welcome: { "type!": S, "app!": S, "version!": S, "sig!": S }, refused: { "type!": S, "code!": S, "text!": S },
    "pair-challenge": { "type!": S, "key!": S, "nonce!": S, "seconds!": W, "left!": W }, "pair-commit": { "type!": S, "commit!": S }, paired: { "type!": S, "nonce!": S },
    result: { "type!": S, "id!": S, "ok!": B, "code!": S, "text!": S },
    state: {
      "type!": S, "seq!": W, "ready!": B, "line!": said, "warning!": said, "speaks!": B, "called!": W,
      "calls!": list({ "id!": S, "phase!": any("dialing", "ringing", "incoming", "answering", "active", "ending"), direction: S, name: S, number: S, number_text: S, held: B, remote_held: B, muted: B,
        created_at: S, answered_at: S, held_at: S, customer: lookup }),
      "last!": or({ direction: S, name: S, number: S, number_text: S, "reason!": { "text!": S, "code!": S }, cause: S, missed: B, created_at: S }),
      "status!": or({ "status!": kinds, "label!": S, "why!": S, "because!": S, since: S, until: S, longest: S, "next!": or(named),
        "notice!": or({ code: S, text: S, wanted: named, there: named, at: S, failure: S }), "recent!": list({ at: S, cause: S, "to!": named, until: S, text: S }) }),
      "want!": or({ "rev!": (v) => W(v) && v > 0, "status!": kinds, ref: S }), "pop!": or({ "n!": W, "customer!": S, conversation: S }),
      "log!": or({ "call!": S, "try!": W, "external_id!": S, customer: S, number: S, name: S, create: B, new: B, status: S, direction: S, subject: S, preview: S, sent_at: S,
        meta: { outcome: S, disposition: S, notes: S, number: S, line: S, startedAt: S, answeredAt: S, endedAt: S, durationSeconds: W, reason: S } }),
      "draft!": or({ "call!": S, note: S, disposition: S, choices: list(S), customer: lookup }),
    },
  };
  let tried = 0, taken = 0;
  const wrong = (text) => {
    try {
      const m = decode(text);
      tried++;
      if (m === null) return "";
      taken++;
      return Object.hasOwn(forms, m.type) && fits(forms[m.type], m) ? "" : "accepted";
    } catch (err) {
      return "threw " + err;
    }
  };
  for (const text of texts) if (wrong(text) || decode(text) === null) return { tried, taken, wrong: "a sound message: " + text };
  for (const end = performance.now() + ms; performance.now() < end;) {
    for (let n = 0; n < 200; n++) {
      const whole = pick(texts), text = draw() < 0.2 ? torn(whole) : write(mutate(JSON.parse(whole)));
      const what = wrong(text);
      if (what) return { tried, taken, wrong: what + ": " + text.slice(0, 2000) };
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { tried, taken, wrong: "" };
}`

// TestDecodeTakesAnything: whoever sits on the port may say what they like. The page's decode never throws, and lets in nothing but
// what the app may say. SIDETONE_FUZZTIME is how long it goes on, two seconds if it is not set; SIDETONE_FUZZ_SEED begins elsewhere.
func TestDecodeTakesAnything(t *testing.T) {
	names, err := filepath.Glob("../../widgetbridge/wire/testdata/golden/*.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"challenge", "welcome", "refused", "pair-challenge", "pair-commit", "paired", "state", "result"} {
			if strings.HasPrefix(string(b), `{"type":"`+kind+`",`) {
				texts = append(texts, strings.TrimSpace(string(b)))
			}
		}
	}
	sound, err := json.Marshal(texts)
	if err != nil || len(texts) < 8 {
		t.Fatal(len(texts), err)
	}
	lasts, err := time.ParseDuration(os.Getenv("SIDETONE_FUZZTIME"))
	if err != nil {
		lasts = 2 * time.Second
	}
	seed, _ := strconv.Atoi(os.Getenv("SIDETONE_FUZZ_SEED"))
	s := open(t, choice{noBridge: true, lasts: lasts})
	tried, taken := 0, 0
	const chunk = 20 * time.Second // for a browser to answer in
	for left := lasts; left > 0; left -= chunk {
		var got struct {
			Tried, Taken int
			Wrong        string
		}
		ms := strconv.FormatInt(min(left, chunk).Milliseconds(), 10)
		s.must(s.Eval(s.ctx, widget, `(`+fuzzDecode+`)(`+string(sound)+`, `+strconv.Itoa(seed)+`, `+ms+`)`, &got))
		if got.Wrong != "" {
			t.Fatalf("seed %d: %s", seed, got.Wrong)
		}
		tried, taken, seed = tried+got.Tried, taken+got.Taken, seed+1
	}
	if tried < 1000 || taken == 0 || taken == tried {
		t.Errorf("%d messages, %d taken", tried, taken)
	}
	t.Logf("%d messages, %d of them taken", tried, taken)
}
