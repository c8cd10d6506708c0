package main

import (
	"strings"
	"testing"
	"time"

	"sidetone/internal/call"
	"sidetone/internal/control"
	"sidetone/internal/customer"
	"sidetone/internal/phone"
	"sidetone/sync/calllog"
)

func TestWordsAboutCustomersAndTheLog(t *testing.T) {
	for line, want := range map[string]phone.Command{
		"open": {Do: phone.Open}, "create": {Do: phone.Create}, "choose c-1": {Do: phone.Choose, Customer: "c-1"}, "note Order": {Do: phone.Note, Text: "Order"},
		"disposition Solved": {Do: phone.Disposition, Text: "Solved"}, "log": {Do: control.Log}, "log retry": {Do: phone.Retry}, "log retry abc": {Do: phone.Retry, Call: "abc"},
		"log assign abc c-1": {Do: phone.Choose, Call: "abc", Customer: "c-1"}, "log create abc": {Do: phone.Create, Call: "abc"},
	} {
		want.Origin = "ctl"
		if req, err := request(options{}, strings.Fields(line)); err != nil || req.Command != want {
			t.Errorf("%s: %+v %v", line, req.Command, err)
		}
	}
	for _, line := range []string{"open x", "note", "note a b", "choose", "log retry a b", "log assign a", "log what"} {
		if _, err := request(options{}, strings.Fields(line)); err == nil {
			t.Errorf("%s was understood", line)
		}
	}
}

func TestPrintsWhoCalls(t *testing.T) {
	s := phone.Snapshot{Customers: []customer.Lookup{
		{Call: "abc", State: customer.Found, Chosen: "c-2", Matches: []customer.Match{{ID: "c-1", Name: "Customer B. Sample"}, {ID: "c-2", Name: "C\x1b[2J", Company: "Example Ltd"}}},
		{Call: "def", State: customer.Failed, Why: "Kustomer did not answer."},
	}}
	var b strings.Builder
	printer{out: &b}.snapshotAt(s, time.Time{})
	if s.Log = (calllog.View{Waiting: 2, Nobody: 1}); !strings.Contains(status(s), "  calls 2 waiting for Kustomer, 1 of nobody in Kustomer: sidetonectl log\n") {
		t.Error(status(s))
	}
	s.Log = calllog.View{}
	want := "  customer  c-1  Customer B. Sample\n  customer* c-2  C[2J  Example Ltd\n  customer of def: failed  Kustomer did not answer.\n"
	if !strings.HasSuffix(b.String(), want) {
		t.Errorf("%q", b.String())
	}
}

func status(s phone.Snapshot) string {
	var b strings.Builder
	printer{out: &b}.snapshotAt(s, time.Time{})
	return b.String()
}

func TestPrintsTheLog(t *testing.T) {
	at := time.Date(2026, 3, 4, 10, 42, 0, 0, time.Local)
	e := calllog.Entry{
		Call: "abc", Direction: call.Incoming, Number: "+12025550142", CreatedAt: at, EndedAt: at.Add(22 * time.Second), Outcome: calllog.Missed, Note: "a\x1b[31mb",
		State: calllog.Refused, Failing: true, Stage: calllog.AtMessage, Status: 403,
	}
	var b strings.Builder
	printer{out: &b}.outbox([]calllog.Entry{e})
	want := "abc  2026-03-04 10:42  refused  Missed call from (202) 555-0142, rang 0:22 — a[31mb  (Your role in Kustomer may not write messages (org.permission.message.create). Ask your Kustomer admin for it)\n"
	if b.String() != want {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	e.State, e.Failing, e.Stage, e.Status = calllog.Nobody, false, calllog.AtCustomer, 300
	e.Candidates = []calllog.Candidate{{ID: "c-1", Name: "Customer\x1b[31m B."}, {ID: "c-2"}}
	printer{out: &b}.outbox([]calllog.Entry{e})
	if !strings.HasSuffix(b.String(), ")\n  customer c-1  Customer[31m B.\n  customer c-2\n  write sidetonectl log assign abc CUSTOMER\n") {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	e.Status, e.Candidates = 404, nil
	printer{out: &b}.outbox([]calllog.Entry{e})
	if !strings.HasSuffix(b.String(), "  write sidetonectl log create abc, or\n  write sidetonectl log assign abc CUSTOMER\n") {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	printer{out: &b, json: true}.outbox([]calllog.Entry{})
	if b.String() != "{\"log\":[]}\n" {
		t.Errorf("%q", b.String())
	}
}
