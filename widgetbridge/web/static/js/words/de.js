export default {
  "statuses": { "available": "Verfügbar", "busy": "Besetzt", "wrap-up": "Nachbearbeitung", "unavailable": "Nicht verfügbar", "offline": "Offline" },

  "connecting": "Verbindet",
  "connected": "Verbunden",
  "notConnected": "Nicht verbunden",
  "noLine": "Keine Leitung",
  "notPaired": "Nicht gekoppelt",

  "notRunningTitle": "Sidetone läuft nicht",
  "notRunning": "Starten Sie Sidetone auf diesem Computer. Das Widget verbindet sich von selbst.",
  "notRunningStill": "Starten Sie Sidetone auf diesem Computer und versuchen Sie es erneut.",
  "tryAgain": "Erneut versuchen",
  "trying": "Wird versucht …",

  "notDelegatedTitle": "Kustomer lässt dieses Widget nicht durch",
  "notDelegated": "Anrufe erreichen Sie weiterhin im Sidetone-Fenster. Nur das Klicken auf Nummern geht hier nicht.",
  "notDelegatedSteps": ["Bitten Sie Ihre Kustomer-Administration, der Sidetone-App den Zugriff auf diesen Computer zu geben.", "Kommen Sie zurück und versuchen Sie es erneut."],

  "deniedTitle": "Der Browser blockiert Sidetone",
  "denied": "Anrufe erreichen Sie weiterhin im Sidetone-Fenster. Nur das Klicken auf Nummern geht hier nicht.",
  "deniedSteps": ["Klicken Sie auf das Symbol links neben der Adresse.", "Stellen Sie „Apps auf diesem Gerät“ auf „Zulassen“.", "Kommen Sie zurück und versuchen Sie es erneut. Ist die Einstellung gesperrt, fragen Sie Ihre IT-Abteilung."],

  "unsureTitle": "Sidetone ist nicht erreichbar",
  "unsure": "Starten Sie Sidetone auf diesem Computer und versuchen Sie es erneut. Läuft es schon, hält der Browser dieses Widget davon fern.",
  "unsureSteps": ["Klicken Sie auf die Symbole links neben der Adresse. Ist der Zugriff auf Apps auf diesem Gerät blockiert, heben Sie das auf.", "Ist dort nichts blockiert, bitten Sie Ihre Kustomer-Administration, der Sidetone-App den Zugriff auf diesen Computer zu geben."],

  "askTitle": "Mit Sidetone verbinden",
  "ask": "Ihr Browser fragt gleich, ob Kustomer auf Apps auf diesem Gerät zugreifen darf. Wählen Sie „Zulassen“.",
  "askAgain": "Das hat nicht geklappt. Starten Sie Sidetone, falls es nicht läuft. Klicken Sie dann auf „Verbinden“ und wählen Sie „Zulassen“.",
  "connect": "Verbinden",
  "asking": "Wählen Sie „Zulassen“ oben im Fenster, unter der Adresse.",

  "outsideTitle": "Diese Seite gehört in Kustomer",
  "outside": "Öffnen Sie sie als Widget in Kustomer. Allein tut sie nichts.",

  "foreignTitle": "Ein anderes Programm antwortet anstelle von Sidetone",
  "foreign": "Es konnte nicht beweisen, dass es Sidetone ist. Deshalb wurde ihm keine Nummer gesendet. Melden Sie das Ihrer IT-Abteilung.",

  "fullTitle": "Zu viele Kustomer-Tabs sind offen",
  "full": "Sidetone bedient acht zugleich. Schließen Sie einen und versuchen Sie es erneut.",

  "smallWindow": "Kleines Fenster verwenden",
  "noWindowTitle": "Das kleine Fenster ist nicht erreichbar",
  "noWindow": "Anrufe erreichen Sie weiterhin im Sidetone-Fenster. Nur das Klicken auf Nummern geht hier nicht.",
  "noWindowSteps": ["Ging kein Fenster auf, erlauben Sie dieser Seite Pop-up-Fenster und versuchen Sie es erneut.", "Geht weiterhin keines auf, oder meldet es, dass es Kustomer nicht erreicht, sagen Sie es Ihrer Kustomer-Administration: Kustomer erlaubt seinen Widgets keine Fenster."],
  "windowClosedTitle": "Das kleine Fenster ist geschlossen",
  "windowClosed": "Kustomer erreicht Ihr Telefon über dieses Fenster. Lassen Sie es offen, solange Sie arbeiten.",
  "openWindow": "Fenster öffnen",

  "unpairedTitle": "Diesen Browser verbinden",
  "unpaired": "Klicken Sie hier auf „Verbinden“ und geben Sie die angezeigten Ziffern im Sidetone-Fenster ein. Das ist in jedem Browser nur einmal nötig.",
  "pairing": "Geben Sie diese Ziffern im Sidetone-Fenster ein",
  "pairingOnce": "Das ist in jedem Browser nur einmal nötig.",
  "pairingLeft": "Noch {time}",
  "pairingNever": "Sidetone fragt nie am Telefon oder per E-Mail danach.",
  "newDigits": "Neue Ziffern zeigen",
  "refused": {
    "not-armed": "Klicken Sie zuerst im Sidetone-Fenster auf „Connect to Kustomer“, dann hier auf „Verbinden“.",
    "busy": "Gerade wird ein anderer Browser verbunden. Schließen Sie das in Sidetone zuerst ab, oder brechen Sie es ab.",
    "expired": "Die Ziffern wurden nicht innerhalb einer Minute eingegeben. Klicken Sie auf „Verbinden“, um neue zu erhalten.",
    "cancelled": "Es wurde in Sidetone abgebrochen.",
    "closed": "Die Ziffern waren dreimal falsch. Klicken Sie in Sidetone noch einmal auf „Connect to Kustomer“.",
    "foreign": "Das Programm, das geantwortet hat, kannte die Ziffern nie. Es ist nicht Sidetone, und ihm wurde nichts gesendet. Melden Sie das Ihrer IT-Abteilung."
  },

  "numberField": "Nummer",
  "call": "Anrufen",
  "lastCall": "Letzter Anruf",
  "missed": "Verpasst.",
  "hint": "Klicken Sie in Kustomer auf eine Nummer, um sie anzurufen.",
  "soundElsewhere": "Der Ton läuft im Sidetone-Fenster.",
  "unknownCaller": "Unbekannter Anrufer",
  "statusMenu": "Status wählen",

  "emptyNumber": "Kustomer hat einen Klick ohne Nummer gesendet.",
  "noNumber": "Geben Sie zuerst eine Nummer ein.",
  "dialNotSent": "Die Nummer wurde nicht gewählt: Sidetone ist nicht verbunden.",
  "dialUnsure": "Die Verbindung ging verloren. Sehen Sie in Sidetone nach, ob {number} angerufen wurde.",
  "unknownStatus": "Kustomer hat einen Status genannt, den dieses Widget nicht kennt.",
  "noStatuses": "Kustomer zeigt diesem Widget seine Status nicht.",
  "notDone": "Sidetone hat das nicht getan.",

  "phase": {
    "dialing": "Wählt", "ringing": "Klingelt", "incoming": "Eingehender Anruf", "answering": "Verbindet", "active": "Im Gespräch", "ending": "Wird beendet",
    "held": "Gehalten", "heldThere": "Gegenseite hält"
  },
  "direction": { "incoming": "Eingehend", "outgoing": "Ausgehend" },
  "answer": "Annehmen",
  "decline": "Ablehnen",
  "hangup": "Auflegen",
  "mute": "Stumm",
  "muted": "Stumm",
  "hold": "Halten",
  "resume": "Fortsetzen",
  "keypad": "Tasten",

  "settings": {
    "title": "Statuszuordnung",
    "lead": "Ändert sich der Status eines Agenten in Kustomer, folgt Sidetone.",
    "queue": "Externe Warteschlange: {name}",
    "inKustomer": "In Kustomer",
    "inSidetone": "In Sidetone",
    "state": "Stand",
    "unmapped": "Nicht zugeordnet",
    "unmappedOne": "{name} ist nicht zugeordnet.",
    "unmappedMany": { "one": "{count} Status ist nicht zugeordnet.", "other": "{count} Status sind nicht zugeordnet." },
    "unmappedWhy": "Sidetone richtet sich dann nach der Statusart in Kustomer.",
    "choose": "Zuordnen",
    "changed": "Geändert, nicht gespeichert",
    "saved": "Gespeichert.",
    "saving": "Wird gespeichert …",
    "followsType": "Richtet sich nach der Statusart.",
    "footer": "Zuordnungen anderer Apps bleiben unberührt.",
    "undo": "Rückgängig",
    "nothingToSave": "Gespeichert",
    "save": { "one": "{count} Änderung speichern", "other": "{count} Änderungen speichern" },
    "load": "Die Status werden gelesen …",
    "loadFailed": "Kustomer zeigt seine Status nicht. Vielleicht erlaubt Ihre Rolle das nicht.",
    "empty": "Kustomer hat noch keine Status.",
    "custom": "Eigener Status",
    "kinds": { "available": "Kann Arbeit annehmen", "busy": "Ist in einem Gespräch", "unavailable": "Angemeldet, nimmt keine Arbeit an", "offline": "Abgemeldet" },
    "rowFailed": {
      "401": "Nicht gespeichert: Sie sind abgemeldet.",
      "403": "Nicht gespeichert: Ihre Rolle darf Status nicht ändern.",
      "404": "Nicht gespeichert: Kustomer hat diesen Status nicht mehr.",
      "409": "Nicht gespeichert: Jemand anderes hat ihn gerade geändert.",
      "429": "Nicht gespeichert: Kustomer bittet um eine Minute Geduld.",
      "no-answer": "Nicht gespeichert: Kustomer hat nicht geantwortet.",
      "other": "Nicht gespeichert: Kustomer hat es nicht übernommen."
    }
  }
};
