package main

const usage = `Drives a running Sidetone, and prepares a fleet for it.

Usage: sidetonectl [--data-dir DIR] [--json] COMMAND

  status             the line, the agent's status and the calls now on
  dial NUMBER        call a number [--account ID]
  confirm, reject    decide about a call that Kustomer asks for
  answer             take the ringing call
  decline            turn the ringing call away
  hangup             end the call
  hold, resume       park the call, take it back
  mute, unmute       close or open the microphone
  dtmf KEYS          send keys: 0-9 * # A-D
  note TEXT          what goes into Kustomer with the call; replaces what was there
  disposition NAME   one of the settings' dispositions, or '' for none
  open               open the call's customer in Kustomer
  choose CUSTOMER    the one of several with the number, by ID
  create             make the caller a customer
  log                the calls that go into Kustomer: waiting, due, sent, refused
                     or of nobody [--limit N]
  log retry [CALL]   try again now
  log assign C ID    name the customer of the call C
  calls              the calls now on and the last ones [--limit N] [--search TEXT]
  watch              every change as it happens, until interrupted
  presence set S     available, busy, wrap-up, unavailable or offline
  presence next S    the same, for after the call or the wrap-up
  presence more,done a minute more of wrap-up, end it
  presence why       why the status is what it is, and its last twenty changes
  register           try the registration again now
  password ACCOUNT   read a password from standard input into the OS keyring
  kustomer pages     the browsers that are connected, and the one that wants to be
  kustomer connect   let one browser ask, for two minutes
  kustomer pair D    type the six digits that Kustomer shows
  kustomer cancel    let none ask any more
  kustomer forget ID forget a connected browser

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

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 Sidetone is not running, 4 the phone refused and said why.
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

Pages of *.kustomerapp.com may always frame the widget.
`

const policyUsage = `Writes policy files that let Kustomer reach the phone without a question.

Usage: sidetonectl browser-policy [DIR] --org ORG --widget-host HOST [flags]

Into DIR (sidetone-browser-policy if not said): JSON files for Linux, a .reg
file for Windows, a .mobileconfig for macOS, and a README.txt that says where
each goes. Chrome, Edge and Firefox.

  --org ORG          your organisation, acme of acme.kustomerapp.com; may repeat
  --widget-host HOST where the widget is served: widget.example.com
  --ancestor URL     a further address Kustomer is opened at; may repeat
  --not-delegated    for when Kustomer does not pass the permission on
  --popups           the small window may open without a click
  --links            sidetone: links open the phone without a question
  --old-versions     Chrome and Edge 142 to 145 as well; opens the local network
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
`

// helpOf is the help for the command that was begun.
func helpOf(words []string) string {
	if len(words) > 0 {
		switch words[0] {
		case "kustomer":
			return kustomerUsage
		case "browser-policy":
			return policyUsage
		case "doctor":
			return doctorUsage
		}
	}
	return usage
}
