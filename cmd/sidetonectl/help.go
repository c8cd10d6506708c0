package main

import (
	"fmt"
	"slices"
	"strings"

	"sidetone/internal/version"
)

const wholeExample = "Example: sidetonectl dial +12025550142 --json\n\n"

const usage = `Drives a running Sidetone, and prepares a fleet for it.

Usage: sidetonectl [--data-dir DIR] [--json] COMMAND

  status             the line, the agent's status and the calls now on
  dial NUMBER        call a number [--account ID]
  confirm, reject    dial or drop the number that waits for your word: one that
                     Kustomer or a link asks for, or the other side of a call
                     that wants to be passed on; status says which
  answer             take the ringing call
  decline            turn the ringing call away
  hangup             end the call, or the conference
  hold, resume       park the call, take it back ("asked": the other side has not agreed yet)
  swap               talk to the call that waits, and hold the other one
  join, split        let all calls hear each other, or no longer
  transfer NUMBER    pass the call on to a number, without asking there first.
                     Instead of the number --with CALL names another call that
                     is on, by its ID as status has it: the two are connected,
                     and both end here. The call that is passed on is the one
                     in front, or --call ID
  take-back          take a call back that is being passed on
  consult NUMBER     call somebody while the call waits
  complete           pass the call that waits on to the one being talked to
  divert NUMBER      send the ringing call elsewhere
  dnd on, off        turn calls away, until Sidetone ends
  forward WHEN N     send calls to the number N: always, busy or no-answer. off
                     instead of the number ends that one
  forward off        send calls nowhere any more
  mute, unmute       close or open the microphone
  dtmf KEYS          send keys: 0-9 * # A-D
  devices            microphones and speakers: which are there, which are used
  devices use KIND N use the devices N, the best first, by ID or name, from now
                     on; KIND is microphone, speaker or ringer. Where none of
                     them is connected, another one is used. default is the
                     system's choice
  devices test KIND  microphone: listen for 3 s; speaker, ringer: play a sound;
                     echo: listen for 3 s and play that
  devices levels     how loud the microphone is, until interrupted
  note TEXT          what goes into Kustomer with the call; replaces what was there
  disposition NAME   one of the settings' dispositions, or '' for none
  open               open the call's customer in Kustomer
  choose CUSTOMER    the one of several with the number, by ID
  create             make the caller a customer
  log                the calls that go into Kustomer: waiting, due, sent, refused
                     or of nobody [--limit N]
  log retry [CALL]   try again now
  log assign C ID    name the customer of the call C
  log create C       make whoever had the call C a customer
  calls              the calls now on and the last ones [--limit N] [--search TEXT]
  watch              every change as it happens, until interrupted
  trace [CALL]       the last 2000 SIP messages, or a call's, without passwords and
                     keys; only the last N of them with --limit N; as they come
                     with --follow; for Wireshark with --pcapng FILE
  ladder [CALL]      a call's messages drawn between the two ends, the last
                     call's if none is named; as a picture with --svg FILE
  presence set S     available, busy, wrap-up, unavailable or offline
  presence next S    the same, for after the call or the wrap-up
  presence more,done a minute more of wrap-up, end it
  presence why       why the status is what it is, and its last twenty changes
  register           try the registration again now
  password ACCOUNT   read a password from standard input into the OS keyring
  key                read the private key that belongs to tls_certificate of the
                     settings, in PEM, from standard input into the OS keyring:
                     sidetonectl key < client.key
  kustomer pages     the browsers that are connected, and the one that wants to be
  kustomer connect   let one browser ask, for two minutes
  kustomer pair D    type the six digits that Kustomer shows
  kustomer cancel    let none ask any more
  kustomer forget ID forget a connected browser

  help [COMMAND]     this list, or what it says of one command
  --version          which Sidetone this is

For IT, without a running Sidetone; each has its own --help:
  kustomer export D  write the widget to host and the app to register into folder D
  browser-policy     write the policy files of Chrome, Edge and Firefox
  doctor             check this computer, a line and a fix for each thing

Every command takes --call ID where more than one call is on.

With --json every answer is one JSON object a line on standard output. A call
that has ended and is not in the journal yet has the number 0 in calls. What
was refused or failed is one JSON object on standard error, and nothing else
is written there: {"error":"There is a call already.","code":4,"refusal":"in-call"}.
The code is the exit code; a refusal of the phone has its own word as well.

` + wholeExample + `Exit codes: 0 done, 1 failed, 2 wrong usage, 3 Sidetone is not running, 4 the phone refused and said why.
`

const kustomerUsage = `What concerns Kustomer.

Usage: sidetonectl kustomer pages | connect | pair DIGITS | cancel | forget ID
       sidetonectl kustomer export DIR --host https://NAME --queue NAME [flags]

pages, connect, pair, cancel and forget are about the browsers that may drive
the running phone.

export writes into DIR, a new folder or one that export wrote before:
  site/              the widget and the settings page, to host over https
  server/            their security headers for nginx, Apache and Caddy; hosts
                     that read a _headers file find it in site/
  app.json           the app definition to register, checked against its schema
  README.txt         the next steps

  --host URL         where the pages will be served: https://widget.example.com
  --queue NAME       the external queue that Kustomer's teams will choose
  --visibility V     private (if not said) or public
  --version V        of the app definition, higher each time: 0.1.0 if not said
  --support MAIL     where admins ask
  --org ORG          your organisation, acme of acme.kustomerapp.com; may repeat
  --ancestor URL     a further address that may frame the pages; may repeat
  --ports LIST       the phone's ports if its settings differ: 17931,17932,17933
  --status S         a softphone status of your own that admins may map to, as
                     coaching=unavailable:Coaching; may repeat
  --sdk URL          another address of Kustomer's Cards SDK

Pages of *.kustomerapp.com may always frame the widget. With --json the answer
is one JSON object.

Example: sidetonectl kustomer export site --host https://widget.example.com \
           --queue Phone

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 Sidetone is not running, 4 the phone refused and said why.
`

const policyUsage = `Writes policy files that let Kustomer reach the phone without a question.

Usage: sidetonectl browser-policy [DIR] --org ORG --widget-host HOST [flags]

Into DIR (sidetone-browser-policy if not said): JSON files for Linux, a .reg
file for Windows, a .mobileconfig for macOS, and a README.txt that says where
each goes. Chrome, Edge and Firefox.

  --org ORG          your organisation, acme of acme.kustomerapp.com; may repeat
  --widget-host HOST where the widget is served: widget.example.com, with
                     https:// before it or a port behind it if you like
  --ancestor URL     a further address Kustomer is opened at; may repeat
  --not-delegated    for when Kustomer does not pass the permission on
  --popups           the small window may open without a click
  --links            sidetone: links open the phone without a question
  --old-versions     Chrome and Edge 142 to 145 as well; opens the local network
  --json             the files that were written, as one JSON object

Example: sidetonectl browser-policy --org acme --widget-host widget.example.com

Exit codes: 0 done, 1 failed, 2 wrong usage.
`

const doctorUsage = `Checks this computer and says what to mend.

Usage: sidetonectl [--data-dir DIR] doctor [flags]

One line for each thing: ok, warn or bad, what was found, and the fix. It looks
at the data folder, the running phone, the bridge and its ports, connected
browsers, the keyring, the line, and the browsers' policies as installed. The
exit code is 0 if nothing is bad, else 1.

  --org ORG          check the policies for this organisation; may repeat
  --widget-host HOST where the widget is served; bridge.origins if not said
  --config FILE      the settings, if they are not in the data folder
  --json             the findings as JSON

Example: sidetonectl doctor --org acme --widget-host widget.example.com --json

Exit codes: 0 nothing is bad, 1 something is, 2 wrong usage.
`

// helpOf is the help for the command that was begun: its own page, its lines of the whole, or the whole. ok is false if there is
// no such command.
func helpOf(words []string) (text string, ok bool) {
	if len(words) == 0 {
		return usage, true
	}
	switch words[0] {
	case "kustomer":
		return kustomerUsage, true
	case "browser-policy":
		return policyUsage, true
	case "doctor":
		return doctorUsage, true
	}
	lines := linesOf(words[0])
	_, common, _ := strings.Cut(usage, "\nEvery command takes")
	common = strings.Replace(common, wholeExample, "", 1)
	if lines == "" {
		return usage, false
	}
	return "Usage: sidetonectl [--data-dir DIR] [--json] COMMAND\n\n" + lines + "\nExample: sidetonectl " + examples()[words[0]] + "\n\nEvery command takes" + common, true
}

// examples are a line for each command, without the program's name.
func examples() map[string]string {
	return map[string]string{
		"status": "status --json", "dial": "dial +12025550142", "confirm": "confirm", "reject": "reject", "answer": "answer",
		"decline": "decline", "hangup": "hangup", "hold": "hold", "resume": "resume", "swap": "swap", "take-back": "take-back", "join": "join", "split": "split",
		"transfer": "transfer +12025550142", "consult": "consult 118", "complete": "complete", "divert": "divert 118", "dnd": "dnd on",
		"forward": "forward busy +12025550142", "mute": "mute", "devices": "devices use speaker 'Desk headset' default", "unmute": "unmute", "dtmf": "dtmf 42#", "note": "note 'Wants a call on Monday'",
		"disposition": "disposition 'Call back'", "open": "open", "choose": "choose 5f1e0c", "create": "create", "log": "log --limit 5 --json",
		"calls": "calls --search 555 --limit 20 --json", "watch": "watch --json", "trace": "trace --pcapng call.pcapng",
		"ladder": "ladder --svg call.svg", "presence": "presence set available", "register": "register", "password": "password main",
		"key": "key < client.key", "help": "help dial",
	}
}

// commands are all there are, as usage names them.
func commands() (out []string) {
	for line := range strings.Lines(usage) {
		column, text, ok := strings.Cut(strings.TrimPrefix(line, "  "), "  ")
		if !strings.HasPrefix(line, "  ") || !ok || column == "" || strings.HasPrefix(column, "-") || text == "" {
			continue
		}
		for part := range strings.SplitSeq(column, ", ") {
			if name, _, _ := strings.Cut(part, " "); !slices.Contains(out, name) && name != "off" {
				out = append(out, name)
			}
		}
	}
	return out
}

// linesOf are the lines of usage about a command, "" if there are none.
func linesOf(command string) string {
	var out strings.Builder
	ours := false
	for _, line := range strings.SplitAfter(usage, "\n") {
		if name, text, ok := strings.Cut(line, "  "); !ok || name != "" || text == "" {
			ours = false
			continue
		} else if text[0] != ' ' { // else it goes on with the line before
			ours = names(text, command)
		}
		if ours {
			out.WriteString(line)
		}
	}
	return out.String()
}

// names reports whether a line of usage is about a command: "hold, resume  park the call".
func names(line, command string) bool {
	column, _, _ := strings.Cut(line, "  ")
	for _, part := range strings.Split(column, ", ") {
		if name, _, _ := strings.Cut(part, " "); strings.TrimSpace(name) == command {
			return true
		}
	}
	return false
}

// help prints what was asked for, by --help or by the word help.
func help(c console, o options, words []string) int {
	if !o.help {
		words = words[1:]
	}
	text, ok := helpOf(words)
	if !ok && !o.help {
		return fail(c, exitUsage, unknown(words[0]))
	}
	fmt.Fprint(c.out, text)
	return exitOK
}

// asksVersion reports whether nothing but the version is asked for, and whether as JSON. A version behind a command is that
// command's own.
func asksVersion(args []string) (asks, json bool) {
	for _, a := range args {
		switch a {
		case "--version", "-version":
			asks = true
		case "--json", "-json":
			json = true
		default:
			return false, false
		}
	}
	return asks, json
}

// ownVersion prints the version.
func ownVersion(c console) int {
	if c.json {
		printer{out: c.out, json: true}.object(map[string]string{"version": version.Number})
		return exitOK
	}
	fmt.Fprintln(c.out, "sidetonectl", version.Number)
	return exitOK
}
