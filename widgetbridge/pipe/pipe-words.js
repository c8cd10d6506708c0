export default {
  "en": {
    "waiting": "Waiting for Kustomer.",
    "hint": "Keep this window open while you work: Kustomer reaches your phone through it.",
    "connected": "Kustomer is connected to your phone.",
    "ended": "The connection ended.",
    "gone": "Kustomer has gone. You can close this window.",
    "alone": "This window cannot reach Kustomer. Open it from Sidetone’s widget. If you did, Kustomer keeps its windows apart: tell your Kustomer admin and close this one."
  },
  "de": {
    "waiting": "Wartet auf Kustomer.",
    "hint": "Lassen Sie dieses Fenster offen, solange Sie arbeiten: Kustomer erreicht Ihr Telefon darüber.",
    "connected": "Kustomer ist mit Ihrem Telefon verbunden.",
    "ended": "Die Verbindung ist beendet.",
    "gone": "Kustomer wurde geschlossen. Sie können dieses Fenster schließen.",
    "alone": "Dieses Fenster erreicht Kustomer nicht. Öffnen Sie es aus dem Sidetone-Widget. Haben Sie das getan, hält Kustomer seine Fenster getrennt: Sagen Sie es Ihrer Kustomer-Administration und schließen Sie dieses Fenster."
  },
  "fr": {
    "waiting": "En attente de Kustomer.",
    "hint": "Gardez cette fenêtre ouverte pendant votre travail\u00a0: c’est par elle que Kustomer atteint votre téléphone.",
    "connected": "Kustomer est connecté à votre téléphone.",
    "ended": "La connexion est terminée.",
    "gone": "Kustomer a été fermé. Vous pouvez fermer cette fenêtre.",
    "alone": "Cette fenêtre ne peut pas atteindre Kustomer. Ouvrez-la depuis le widget Sidetone. Si vous l’avez fait, Kustomer isole ses fenêtres\u00a0: prévenez votre administrateur Kustomer et fermez celle-ci."
  },
  "es": {
    "waiting": "Esperando a Kustomer.",
    "hint": "Deje esta ventana abierta mientras trabaja: Kustomer llega a su teléfono a través de ella.",
    "connected": "Kustomer está conectado a su teléfono.",
    "ended": "La conexión ha terminado.",
    "gone": "Kustomer se ha cerrado. Puede cerrar esta ventana.",
    "alone": "Esta ventana no puede llegar a Kustomer. Ábrala desde el widget de Sidetone. Si ya lo hizo, Kustomer mantiene separadas sus ventanas: avise al administrador de Kustomer y cierre esta."
  },
  "pt": {
    "waiting": "Aguardando o Kustomer.",
    "hint": "Deixe esta janela aberta enquanto trabalha: o Kustomer chega ao seu telefone através dela.",
    "connected": "O Kustomer está conectado ao seu telefone.",
    "ended": "A conexão terminou.",
    "gone": "O Kustomer foi fechado. Pode fechar esta janela.",
    "alone": "Esta janela não chega ao Kustomer. Abra-a a partir do widget do Sidetone. Se já o fez, o Kustomer mantém as suas janelas separadas: avise o administrador do Kustomer e feche esta."
  }
};
