export default {
  "statuses": { "available": "Disponible", "busy": "Occupé", "wrap-up": "Post-appel", "unavailable": "Indisponible", "offline": "Hors ligne" },

  "connecting": "Connexion",
  "connected": "Connecté",
  "notConnected": "Non connecté",
  "noLine": "Pas de ligne",
  "notPaired": "Non associé",

  "notRunningTitle": "Sidetone n’est pas lancé",
  "notRunning": "Lancez Sidetone sur cet ordinateur. Ce widget se connecte tout seul.",
  "notRunningStill": "Lancez Sidetone sur cet ordinateur, puis réessayez.",
  "tryAgain": "Réessayer",
  "trying": "Essai en cours…",

  "notDelegatedTitle": "Kustomer ne laisse pas passer ce widget",
  "notDelegated": "Les appels vous parviennent toujours dans la fenêtre Sidetone. Seul le clic sur les numéros ne fonctionne pas ici.",
  "notDelegatedSteps": ["Demandez à votre administrateur Kustomer de donner à l’application Sidetone l’accès à cet ordinateur.", "Revenez ici et réessayez."],

  "deniedTitle": "Le navigateur bloque Sidetone",
  "denied": "Les appels vous parviennent toujours dans la fenêtre Sidetone. Seul le clic sur les numéros ne fonctionne pas ici.",
  "deniedSteps": ["Cliquez sur l’icône à gauche de l’adresse.", "Réglez «\u00a0applications sur cet appareil\u00a0» sur Autoriser.", "Revenez ici et réessayez. Si le réglage est verrouillé, adressez-vous à votre service informatique."],

  "unsureTitle": "Sidetone n’est pas joignable",
  "unsure": "Lancez Sidetone sur cet ordinateur et réessayez. S’il est déjà lancé, le navigateur en interdit l’accès à ce widget.",
  "unsureSteps": ["Cliquez sur les icônes à gauche de l’adresse. Si l’accès aux applications de cet appareil est bloqué, débloquez-le.", "Si rien n’y est bloqué, demandez à votre administrateur Kustomer de donner à l’application Sidetone l’accès à cet ordinateur."],

  "askTitle": "Connecter à Sidetone",
  "ask": "Votre navigateur va demander si Kustomer peut accéder aux applications de cet appareil. Choisissez Autoriser.",
  "askAgain": "Cela n’a pas fonctionné. Lancez Sidetone s’il ne l’est pas, puis cliquez sur Connecter et choisissez Autoriser.",
  "connect": "Connecter",
  "asking": "Choisissez Autoriser en haut de la fenêtre, sous l’adresse.",

  "outsideTitle": "Cette page a sa place dans Kustomer",
  "outside": "Ouvrez-la comme widget dans Kustomer. Seule, elle ne fait rien.",

  "foreignTitle": "Un autre programme répond à la place de Sidetone",
  "foreign": "Il n’a pas pu prouver qu’il est Sidetone\u00a0: aucun numéro ne lui a été envoyé. Prévenez votre service informatique.",

  "fullTitle": "Trop d’onglets Kustomer sont ouverts",
  "full": "Sidetone en sert huit à la fois. Fermez-en un, puis réessayez.",

  "smallWindow": "Utiliser une petite fenêtre",
  "noWindowTitle": "La petite fenêtre est hors de portée",
  "noWindow": "Les appels vous parviennent toujours dans la fenêtre Sidetone. Seul le clic sur les numéros ne fonctionne pas ici.",
  "noWindowSteps": ["Si aucune fenêtre ne s’est ouverte, autorisez les fenêtres pop-up pour cette page et réessayez.", "S’il n’y en a toujours pas, ou si elle dit ne pas atteindre Kustomer, prévenez votre administrateur Kustomer\u00a0: Kustomer interdit les fenêtres à ses widgets."],
  "windowClosedTitle": "La petite fenêtre est fermée",
  "windowClosed": "C’est par elle que Kustomer atteint votre téléphone. Gardez-la ouverte pendant votre travail.",
  "openWindow": "Ouvrir la fenêtre",

  "unpairedTitle": "Connecter ce navigateur",
  "unpaired": "Cliquez ici sur Connecter et saisissez les chiffres affichés dans la fenêtre Sidetone. C’est à faire une seule fois par navigateur.",
  "pairing": "Saisissez ces chiffres dans la fenêtre Sidetone",
  "pairingOnce": "C’est à faire une seule fois par navigateur.",
  "pairingLeft": "Encore {time}",
  "pairingNever": "Sidetone ne les demande jamais par téléphone ni par e-mail.",
  "newDigits": "Afficher d’autres chiffres",
  "refused": {
    "not-armed": "Cliquez d’abord sur «\u00a0Connect to Kustomer\u00a0» dans la fenêtre Sidetone, puis ici sur Connecter.",
    "busy": "Un autre navigateur est en cours de connexion. Terminez ou annulez d’abord dans Sidetone.",
    "expired": "Les chiffres n’ont pas été saisis en une minute. Cliquez sur Connecter pour en obtenir d’autres.",
    "cancelled": "L’opération a été annulée dans Sidetone.",
    "closed": "Les chiffres étaient faux trois fois. Cliquez à nouveau sur «\u00a0Connect to Kustomer\u00a0» dans Sidetone.",
    "foreign": "Le programme qui a répondu n’a jamais eu les chiffres. Ce n’est pas Sidetone, et rien ne lui a été envoyé. Prévenez votre service informatique."
  },

  "numberField": "Numéro",
  "call": "Appeler",
  "lastCall": "Dernier appel",
  "missed": "Manqué.",
  "hint": "Cliquez sur un numéro dans Kustomer pour l’appeler.",
  "soundElsewhere": "Le son passe par la fenêtre Sidetone.",
  "unknownCaller": "Appelant inconnu",
  "statusMenu": "Choisir votre statut",

  "emptyNumber": "Kustomer a envoyé un clic sans numéro.",
  "noNumber": "Saisissez d’abord un numéro.",
  "dialNotSent": "Le numéro n’a pas été composé\u00a0: Sidetone n’est pas connecté.",
  "dialUnsure": "La connexion a été perdue. Vérifiez dans Sidetone si {number} a été appelé.",
  "unknownStatus": "Kustomer a indiqué un statut que ce widget ne connaît pas.",
  "noStatuses": "Kustomer ne montre pas ses statuts à ce widget.",
  "notDone": "Sidetone ne l’a pas fait.",

  "phase": {
    "dialing": "Appel en cours", "ringing": "Sonnerie", "incoming": "Appel entrant", "answering": "Connexion", "active": "En ligne", "ending": "Fin de l’appel",
    "held": "En attente", "heldThere": "En attente chez l’autre"
  },
  "direction": { "incoming": "Entrant", "outgoing": "Sortant" },
  "answer": "Répondre",
  "decline": "Refuser",
  "hangup": "Raccrocher",
  "mute": "Muet",
  "muted": "Muet",
  "hold": "Attente",
  "resume": "Reprendre",
  "keypad": "Clavier",

  "settings": {
    "title": "Correspondance des statuts",
    "lead": "Quand le statut d’un agent change dans Kustomer, Sidetone suit.",
    "queue": "File externe\u00a0: {name}",
    "inKustomer": "Dans Kustomer",
    "inSidetone": "Dans Sidetone",
    "state": "État",
    "unmapped": "Non associé",
    "unmappedOne": "{name} n’est pas associé.",
    "unmappedMany": { "one": "{count} statut n’est pas associé.", "other": "{count} statuts ne sont pas associés." },
    "unmappedWhy": "Sidetone se règle alors sur le type de statut de Kustomer.",
    "choose": "Choisir",
    "changed": "Modifié, non enregistré",
    "saved": "Enregistré.",
    "saving": "Enregistrement…",
    "followsType": "Suit son type.",
    "footer": "Les correspondances des autres applications restent intactes.",
    "undo": "Annuler",
    "nothingToSave": "Enregistré",
    "save": { "one": "Enregistrer {count} modification", "other": "Enregistrer {count} modifications" },
    "load": "Lecture des statuts…",
    "loadFailed": "Kustomer ne montre pas ses statuts. Votre rôle ne le permet peut-être pas.",
    "empty": "Kustomer n’a pas encore de statuts.",
    "custom": "Statut personnalisé",
    "kinds": { "available": "Peut recevoir du travail", "busy": "Est en appel", "unavailable": "Connecté, ne prend pas de travail", "offline": "Déconnecté" },
    "rowFailed": {
      "401": "Non enregistré\u00a0: vous êtes déconnecté.",
      "403": "Non enregistré\u00a0: votre rôle ne peut pas modifier les statuts.",
      "404": "Non enregistré\u00a0: Kustomer n’a plus ce statut.",
      "409": "Non enregistré\u00a0: quelqu’un d’autre vient de le modifier.",
      "429": "Non enregistré\u00a0: Kustomer demande d’attendre une minute.",
      "no-answer": "Non enregistré\u00a0: Kustomer n’a pas répondu.",
      "other": "Non enregistré\u00a0: Kustomer ne l’a pas accepté."
    }
  }
};
