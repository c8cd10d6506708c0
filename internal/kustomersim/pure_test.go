package kustomersim

import (
	"encoding/json"
	"reflect"
	"testing"
)

const known = `[{id:"a",name:"Available",statusType:"available",system:true,map:{}},{id:"l",name:"Lunch",statusType:"unavailable",system:false,map:{q:"wrap-up"}},
{id:"u",name:"Unavailable",statusType:"unavailable",system:true,map:{}},{id:"b",name:"Busy",statusType:"busy",system:true,map:{q:"nonsense"}}]`

// TestPureFunctionsOfThePages runs the pages' own modules in the browser that will run them.
func TestPureFunctionsOfThePages(t *testing.T) {
	s := open(t, choice{noBridge: true})
	for _, c := range []struct{ module, js, want string }{
		{"kustomer", `m.number(" +12025550142 ")`, `"+12025550142"`}, {"kustomer", `m.number({number: "9196"})`, `"9196"`},
		{"kustomer", `m.number({data: {attributes: {phone: "9486"}}})`, `"9486"`}, {"kustomer", `m.number(2025550142)`, `"2025550142"`},
		{"kustomer", `[null, undefined, "", {}, [], {number: null}, true, NaN].map(m.number)`, `["","","","","","","",""]`},
		{"kustomer", `m.status("l", K)?.name`, `"Lunch"`}, {"kustomer", `m.status("lunch", K)?.id`, `"l"`}, {"kustomer", `m.status("unavailable", K)?.id`, `"u"`},
		{"kustomer", `m.status({id: "l"}, K)?.id`, `"l"`}, {"kustomer", `m.status({data: {id: "l", type: "status"}}, K)?.id`, `"l"`},
		{"kustomer", `m.status({statusType: "unavailable"}, K)?.id`, `"u"`}, {"kustomer", `m.status({status: {id: "l"}}, K)?.id`, `"l"`},
		{"kustomer", `m.status({userStatus: "l"}, K)?.id`, `"l"`}, {"kustomer", `m.status({name: "LUNCH"}, K)?.id`, `"l"`},
		{"kustomer", `m.status([{id: "s", type: "work-session", attributes: {statusType: "busy"}, relationships: {status: {data: {id: "l"}}}}], K)?.id`, `"l"`},
		{"kustomer", `m.status({id: "s", type: "work-session", attributes: {statusType: "busy"}}, K)?.id`, `"b"`},
		{"kustomer", `m.status({id: "new", type: "status", attributes: {name: "Coffee", statusType: "unavailable"}}, K)?.name`, `"Coffee"`},
		{"kustomer", `[null, "", "what", 7, {}, [], {id: "?"}].map((p) => m.status(p, K))`, `[null,null,null,null,null,null,null]`},
		{"kustomer", `m.status("offline", [])?.name`, `"Offline"`},
		{"kustomer", `K.map((s) => m.translate(s, "q", [{id: "wrap-up", status: "wrap-up", label: ""}, {id: "own", status: "busy", label: "Own"}])?.status)`, `["available","wrap-up","unavailable","busy"]`},
		{"kustomer", `m.translate({name: "x", statusType: "", map: {}}, "q", [])`, `null`},
		{"kustomer", `m.translate({name: "x", statusType: "busy", map: {q: "own"}}, "q", [{id: "own", status: "unavailable", label: "Own"}])`, `{"status":"unavailable","label":"Own"}`},
		{"kustomer", `m.translate({name: "Offline", statusType: "offline", system: true, map: {q: "busy"}}, "q", [{id: "busy", status: "busy", label: ""}])?.status`, `"offline"`},
		{"kustomer", `m.translate({name: "Busy", statusType: "busy", system: true, map: {q: "wrap-up"}}, "q", [{id: "wrap-up", status: "wrap-up", label: ""}])?.status`, `"wrap-up"`},
		{"mapping", `m.choices([{id: "own", status: "busy", label: "Own"}, {id: "busy", status: "offline"}, {id: "bad", status: "x"}, null, 3]).map((c) => c.id)`, `["available","busy","wrap-up","unavailable","offline","own"]`},
		{"mapping", `m.choices("nonsense").length`, `5`},
		{"mapping", `m.entry({map: {q: "__proto__"}}, "q", m.choices())`, `""`}, {"mapping", `m.entry({map: {}}, "toString", m.choices())`, `""`},
		{"mapping", `m.meet({saved: "busy", chosen: "offline"}, {map: {q: "offline"}}, "q", m.choices())`, `{"row":{"saved":"offline","chosen":"offline","note":{"code":"saved"}},"write":false}`},
		{"mapping", `m.written({saved: "busy", chosen: "offline"}, {map: {q: "busy"}}, "q", m.choices())`, `{"saved":"busy","chosen":"offline","note":{"code":"theirs","value":"busy"}}`},
		{"mapping", `m.undone([{id: "a", chosen: "busy", saved: "busy"}, {id: "b", chosen: "", saved: ""}], new Map([["a", "offline"]])).map((r) => r.chosen)`, `["offline",""]`},
		{"kustomer", `m.list({data: [{id: "x"}, null, {}]}).map((s) => s.id)`, `["x"]`}, {"kustomer", `m.list({id: "y", attributes: {name: "Y"}}).map((s) => s.name)`, `["Y"]`},
		{"kustomer", `[null, 3, "a", {data: null}].map((d) => m.list(d).length)`, `[0,0,0,0]`},
		{"kustomer", `m.org("https://acme.kustomerapp.com")`, `"acme"`}, {"kustomer", `m.org("nothing")`, `""`},
		{"kustomer", `m.theme({theme: "dark"}) + m.theme({}, {theme: {name: "Light"}}) + m.theme(null)`, `"darklight"`},
		{"kustomer", `m.failure({errors: [{status: "403", code: "forbidden"}]})`, `{"status":403,"code":"forbidden"}`},
		{"kustomer", `m.failure({error: {code: "x"}}).code + m.failure(undefined).status`, `"x0"`},
		{"kustomer", `m.merged({other: "1", q: "a"}, "q", "")`, `{"other":"1"}`}, {"kustomer", `m.merged({other: "1"}, "q", "busy")`, `{"other":"1","q":"busy"}`},
		{"protocol", `["", "{", "null", "[]", '{"type":"welcome","v":2,"app":"x"}', '{"type":"other"}'].map(m.decode)`, `[null,null,null,null,null,null]`},
		{"protocol", `m.decode('{"type":"state","calls":[{"id":"1","phase":"made-up"},{"id":"2","phase":"active"}],"want":{"rev":0}}').calls.length`, `1`},
		{"strings", `["constructor", "toString", "__proto__"].map((id) => m.statusName(id))`, `["constructor","toString","__proto__"]`},
		{"strings", `Object.values(m.words).some((w) => w && typeof w === "object" && !Array.isArray(w) && "toString" in w)`, `false`},
		{"protocol", `[m.dialable("+1202\ud83d555"), m.dialable("+12025550142"), m.dialable("\ud83d\ude00")]`, `[false,true,true]`},
		{"protocol", `m.kustomerStatus({status: "busy", label: "Lunch \ud83d"}).label`, `"Lunch"`},
		{"protocol", `m.encode(m.numberDialed("i", "9".repeat(5000)))`, `""`}, {"protocol", `[0, 61.9, 3725, -1].map(m.clock)`, `["00:00","01:01","1:02:05","00:00"]`},
		{"protocol", `m.shown([{id: "a", phase: "active", held: true}, {id: "b", phase: "incoming"}]).id`, `"b"`},
		{"connection", `[m.delay(0, 0), m.delay(0, 1), m.delay(3, 1), m.delay(99, 1)]`, `[500,1000,8000,30000]`},
		{"connection", `m.gate({featurePolicy: {features: () => ["loopback-network"], allowsFeature: () => false}}, null, "a.example.com")`, `"not-delegated"`},
		{"connection", `m.gate({featurePolicy: {features: () => ["loopback-network"], allowsFeature: () => true}}, {query: async () => ({state: "denied"})}, "a.example.com")`, `"denied"`},
		{"connection", `m.gate({}, {query: async () => ({state: "denied"})}, "a.example.com")`, `"unsure"`},
		{"connection", `m.gate({}, {query: async () => ({state: "prompt"})}, "a.example.com")`, `"ask"`},
		{"connection", `m.gate({}, {query: async () => ({state: "granted"})}, "a.example.com")`, `"open"`},
		{"connection", `m.gate({}, {query: async () => { throw new TypeError("unknown name"); }}, "a.example.com")`, `"open"`},
	} {
		var got, want any
		if err := s.Eval(s.ctx, widget, `import("/js/`+c.module+`.js").then((m) => { const K = `+known+`; return `+c.js+`; })`, &got); err != nil {
			t.Errorf("%s: %v", c.js, err)
			continue
		}
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, want %s", c.js, got, c.want)
		}
	}
}

// TestLanguageIsTheAgents: Kustomer's word counts first, then the browser's; the way of writing times is the browser's own.
func TestLanguageIsTheAgents(t *testing.T) {
	s := open(t, choice{noBridge: true})
	for _, c := range []struct{ wishes, own, want string }{
		{`["de_de"]`, `["en-US"]`, "de de-de"}, {`["en_us"]`, `["en-GB", "de"]`, "en en-GB"}, {`[]`, `["pt-BR", "en"]`, "pt pt-BR"}, {`["ja_jp"]`, `["fr"]`, "fr fr"},
		{`["ja_jp"]`, `["ja"]`, "en en"}, {`[undefined, "", 7, "es"]`, `[]`, "es es"}, {`["de_"]`, `["fr-CA"]`, "fr fr-CA"}, {`["toString"]`, `[]`, "en en"},
	} {
		var got string
		js := `import("/js/strings.js").then((m) => { const c = m.chosen(` + c.wishes + `, ` + c.own + `); return c.language + " " + c.locale; })`
		if err := s.Eval(s.ctx, widget, js, &got); err != nil || got != c.want {
			t.Errorf("%s with a browser of %s: %q %v, want %q", c.wishes, c.own, got, err, c.want)
		}
	}
}

// TestPagesSpeakTheAgentsLanguage: what Kustomer says goes for the widget and for the settings page.
func TestPagesSpeakTheAgentsLanguage(t *testing.T) {
	s := open(t, choice{noBridge: true, query: "?locale=de_de"})
	s.says(widget, "#connection", "Nicht verbunden")
	s.says(widget, "#blocked", "Sidetone antwortet nicht")
	s.click("", `[data-tab="settings"]`)
	s.says(settings, "#title", "Statuszuordnung")
	s.says(settings, "#warning", "6 Status sind nicht zugeordnet.")
	for _, frame := range []string{widget, settings} {
		s.must(s.WaitEval(s.ctx, frame, `document.documentElement.lang === "de"`))
	}
}
