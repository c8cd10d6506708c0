package sdkrecord

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// sdk is a script as Kustomer's might be, with names that this package is not told.
const sdk = `(() => {
  const q = new URLSearchParams(location.search), on = {}, to = q.get("parentUrl"), cardId = q.get("id");
  const post = (type, more) => parent.postMessage({ ...more, cardId, type }, to);
  let ready, waiting;
  addEventListener("message", (e) => {
    if (e.origin !== to) return;
    if (e.data.type === "INITIALIZE") ready?.(e.data.context);
    if (e.data.type === "REQUEST") waiting?.(null, e.data.data);
    if (e.data.type === "VOICE_OUT") on["number-dialed"]?.(e.data.phoneNumber);
    if (e.data.type === "agent.moved") on["routing-status-change"]?.({ wrapped: e.data.payload });
  });
  window.Kustomer = {
    initialize(f) { ready = f; post("INITIALIZE", { height: 1 }); },
    on(name, f) { on[name] = f; },
    request(o, f) { waiting = f; post("REQUEST", { requestId: "1", ...o }); },
    requestUpdateUserStatus(o) { post("SET_AGENT", { wish: o }); return Promise.resolve({ done: true }); },
    open() { throw new Error("not here"); },
    close() {},
  };
})();`

func TestRecorderFindsNamesItWasNotTold(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write([]byte(sdk))
	}))
	defer server.Close()
	r, err := Record(t.Context(), server.URL+"/sdk.js")
	if err != nil {
		t.Fatal(err)
	}
	said := r.String()
	for _, want := range []string{
		"requestUpdateUserStatus    posts SET_AGENT", "request                    posts REQUEST", "openCustomerEvent          is missing",
		"open                       threw Error: not here", "close                      posts nothing",
		`on("number-dialed") runs at type "VOICE_OUT" and is given its field "phoneNumber"`, `on("routing-status-change") runs at type "agent.moved"`,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	c := r.Calls["requestUpdateUserStatus"]
	if len(c.Posted) != 1 || !strings.Contains(string(c.Posted[0]), `"wish":{"fallbackStatusType":"busy"}`) || string(c.Value) != `{"done":true}` || !c.Promise {
		t.Errorf("%+v", c)
	}
	if r.Bytes != len(sdk) || len(r.SHA256) != 64 || len(r.Listeners) != 1 || !slices.Contains(r.Methods, "request") {
		t.Errorf("%+v", r)
	}
	if b, err := json.Marshal(r); err != nil || strings.Contains(string(b), "function on") {
		t.Error(string(b), err)
	}
}

func TestRecorderSaysWhatIsWrong(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/empty.js" {
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for address, want := range map[string]string{
		"sdk.js": "write it as https://host/path", server.URL + "/none.js": "404", "http://127.0.0.1:1/sdk.js": "where the internet can be reached",
		server.URL + "/empty.js": "made no window.Kustomer",
	} {
		if _, err := Record(t.Context(), address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	got := names([]byte("a(\"NUMBER_DIALED\",'x-y.z',`call:on`,\"two words\",\"ab\",\"a\\n\")"))
	for _, want := range []string{"NUMBER_DIALED", "x-y.z", "call:on"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not in %v", want, got)
		}
	}
	if slices.Contains(got, "two words") || slices.Contains(got, "ab") {
		t.Error(got)
	}
}
