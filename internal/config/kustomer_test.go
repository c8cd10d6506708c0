package config

import (
	"reflect"
	"strings"
	"testing"

	"sidetone/internal/customer"
	"sidetone/sync/calllog"
)

func TestKustomerTable(t *testing.T) {
	c, err := Parse([]byte(`[kustomer]
pop = "click"
log = ["answered", "missed"]
log_conversation = "new"
log_status = "open"
create = true
dispositions = ["Solved", "Call back"]`))
	if err != nil {
		t.Fatal(err)
	}
	want := calllog.Rules{Log: []calllog.Outcome{calllog.Answered, calllog.Missed}, New: true, Status: "open", Create: true, Dispositions: []string{"Solved", "Call back"}}
	if got := c.Kustomer.LogRules(); !reflect.DeepEqual(got, want) || c.Kustomer.PopRule() != customer.OnClick {
		t.Errorf("%+v", got)
	}
	if got := (Kustomer{}).LogRules(); len(got.Log) != 4 || got.New || got.Create || got.Status != "" || (Kustomer{}).PopRule() != customer.OnAnswer {
		t.Errorf("the defaults: %+v", got)
	}
	if got := (Kustomer{Log: []string{"none"}}).LogRules(); len(got.Log) != 0 {
		t.Errorf("none is %+v", got)
	}
}

func TestMistakesInTheKustomerTable(t *testing.T) {
	many := `"` + strings.Repeat("x", 12) + `"`
	for in, want := range map[string]string{
		`log=["all"]`: `kustomer.log has "all": use answered, missed, declined and failed, or none alone`, `log=["none","missed"]`: `kustomer.log has "none"`,
		`log_conversation="old"`: `kustomer.log_conversation is "old": use last-open or new`, `pop="or"`: `kustomer.pop is "or"`, `log_status="snoozed"`: `kustomer.log_status is "snoozed": use open or done`,
		`dispositions=[""]`: `kustomer.dispositions has ""`, `dispositions=["a","a"]`: `kustomer.dispositions has "a"`, `dispositions=["a\nb"]`: "kustomer.dispositions has",
		`dispositions=["` + strings.Repeat("x", 41) + `"]`:           "kustomer.dispositions has",
		`dispositions=[` + strings.Repeat(many+",", 12) + many + `]`: "kustomer.dispositions has 13 entries",
	} {
		if _, err := Parse([]byte("[kustomer]\n" + in)); err == nil || !strings.HasPrefix(err.Error(), "line 2: "+want) {
			t.Errorf("%s: %v", in, err)
		}
	}
}
