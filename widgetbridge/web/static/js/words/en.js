export default {
  "statuses": { "available": "Available", "busy": "Busy", "wrap-up": "Wrap-up", "unavailable": "Unavailable", "offline": "Offline" },

  "connecting": "Connecting",
  "connected": "Connected",
  "notConnected": "Not connected",
  "noLine": "No line",
  "notPaired": "Not paired",

  "notRunningTitle": "Sidetone is not running",
  "notRunning": "Start Sidetone on this computer. This widget connects by itself.",
  "notRunningStill": "Start Sidetone on this computer, then try again.",
  "tryAgain": "Try again",
  "trying": "Trying…",

  "notDelegatedTitle": "Kustomer does not let this widget in",
  "notDelegated": "Calls still reach you in the Sidetone window. Only clicking numbers here is off.",
  "notDelegatedSteps": ["Ask your Kustomer admin to give the Sidetone app access to this computer.", "Come back and try again."],

  "deniedTitle": "The browser blocks Sidetone",
  "denied": "Calls still reach you in the Sidetone window. Only clicking numbers here is off.",
  "deniedSteps": ["Click the icon left of the address.", "Set “apps on this device” to Allow.", "Come back and try again. If the setting is locked, ask your IT department."],

  "unsureTitle": "Sidetone is not reached",
  "unsure": "Start Sidetone on this computer and try again. If it runs, the browser keeps this widget from it.",
  "unsureSteps": ["Click the icons left of the address. Where access to apps on this device is blocked, remove that.", "If nothing is blocked there, ask your Kustomer admin to give the Sidetone app access to this computer."],

  "askTitle": "Connect to Sidetone",
  "ask": "Your browser will ask whether Kustomer may reach apps on this device. Choose Allow.",
  "askAgain": "That did not work. Start Sidetone if it is not running, then press Connect and choose Allow.",
  "connect": "Connect",
  "asking": "Choose Allow at the top of the window, below the address.",

  "outsideTitle": "This page belongs in Kustomer",
  "outside": "Open it as a widget in Kustomer. It does nothing on its own.",

  "foreignTitle": "Another program answers in Sidetone’s place",
  "foreign": "It could not prove to be Sidetone, so no number was sent to it. Tell your IT department.",

  "fullTitle": "Too many Kustomer tabs are open",
  "full": "Sidetone serves eight at once. Close one, then try again.",

  "smallWindow": "Use a small window instead",
  "noWindowTitle": "The small window is out of reach",
  "noWindow": "Calls still reach you in the Sidetone window. Only clicking numbers here is off.",
  "noWindowSteps": ["If no window opened, allow pop-up windows for this page and try again.", "If there is still none, or one opened that says it cannot reach Kustomer, tell your Kustomer admin: Kustomer allows its widgets no windows."],
  "windowClosedTitle": "The small window is closed",
  "windowClosed": "Kustomer reaches your phone through it. Keep it open while you work.",
  "openWindow": "Open the window",

  "unpairedTitle": "Connect this browser",
  "unpaired": "Press Connect here and type the digits you see into the Sidetone window. You do this once in each browser.",
  "pairing": "Type these digits in the Sidetone window",
  "pairingOnce": "You do this once in each browser.",
  "pairingLeft": "{time} left",
  "pairingNever": "Sidetone will never ask for them by phone or mail.",
  "newDigits": "Show new digits",
  "refused": {
    "not-armed": "First press Connect to Kustomer in the Sidetone window, then Connect here.",
    "busy": "Another browser is being connected. Finish or cancel that in Sidetone first.",
    "expired": "The digits were not typed within a minute. Press Connect for new ones.",
    "cancelled": "It was cancelled in Sidetone.",
    "closed": "The digits were wrong three times. Press Connect to Kustomer in Sidetone again.",
    "foreign": "The program that answered never had the digits. It is not Sidetone, and nothing was sent to it. Tell your IT department."
  },

  "numberField": "Number",
  "call": "Call",
  "lastCall": "Last call",
  "missed": "Missed.",
  "hint": "Click any number in Kustomer to call it.",
  "soundElsewhere": "Sound runs in the Sidetone window.",
  "unknownCaller": "Unknown caller",
  "statusMenu": "Choose your status",

  "emptyNumber": "Kustomer sent a click without a number.",
  "noNumber": "Type a number first.",
  "dialNotSent": "The number was not dialled: Sidetone is not connected.",
  "dialUnsure": "The connection was lost. Look in Sidetone whether {number} was called.",
  "unknownStatus": "Kustomer named a status this widget does not know.",
  "noStatuses": "Kustomer does not show its statuses to this widget.",
  "notDone": "Sidetone did not do that.",

  "phase": {
    "dialing": "Calling", "ringing": "Ringing", "incoming": "Incoming call", "answering": "Connecting", "active": "Live", "ending": "Ending",
    "held": "On hold", "heldThere": "Held by the other side"
  },
  "direction": { "incoming": "Incoming", "outgoing": "Outgoing" },
  "answer": "Answer",
  "decline": "Decline",
  "hangup": "Hang up",
  "mute": "Mute",
  "muted": "Muted",
  "hold": "Hold",
  "resume": "Resume",
  "keypad": "Keypad",

  "settings": {
    "title": "Status mapping",
    "lead": "When an agent’s status changes in Kustomer, Sidetone follows.",
    "queue": "External queue: {name}",
    "inKustomer": "In Kustomer",
    "inSidetone": "In Sidetone",
    "state": "State",
    "unmapped": "Not mapped",
    "unmappedOne": "{name} is not mapped.",
    "unmappedMany": { "one": "{count} status is not mapped.", "other": "{count} statuses are not mapped." },
    "unmappedWhy": "Sidetone then goes by Kustomer’s own kind of status.",
    "choose": "Choose",
    "changed": "Changed, not saved",
    "saved": "Saved.",
    "saving": "Saving…",
    "followsType": "Goes by its kind.",
    "footer": "Other apps’ mappings stay untouched.",
    "undo": "Undo",
    "nothingToSave": "Saved",
    "save": { "one": "Save {count} change", "other": "Save {count} changes" },
    "load": "Reading the statuses…",
    "loadFailed": "Kustomer does not show its statuses. Your role may not allow it.",
    "empty": "Kustomer has no statuses yet.",
    "custom": "Custom status",
    "kinds": { "available": "Agent can take work", "busy": "Agent is on a call", "unavailable": "Signed in, takes no work", "offline": "Signed out" },
    "rowFailed": {
      "401": "Not saved: you are signed out.",
      "403": "Not saved: your role may not change statuses.",
      "404": "Not saved: Kustomer no longer has this status.",
      "409": "Not saved: somebody else changed it just now.",
      "429": "Not saved: Kustomer asks to wait a minute.",
      "no-answer": "Not saved: Kustomer did not answer.",
      "other": "Not saved: Kustomer did not take it."
    }
  }
};
