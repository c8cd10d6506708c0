export default {
  "statuses": { "available": "Disponible", "busy": "Ocupado", "wrap-up": "Posllamada", "unavailable": "No disponible", "offline": "Desconectado" },

  "connecting": "Conectando",
  "connected": "Conectado",
  "notConnected": "Sin conexión",
  "noLine": "Sin línea",
  "notPaired": "Sin vincular",

  "notRunningTitle": "Sidetone no está abierto",
  "notRunning": "Abra Sidetone en este equipo. Este widget se conecta solo.",
  "notRunningStill": "Abra Sidetone en este equipo y vuelva a intentarlo.",
  "tryAgain": "Reintentar",
  "trying": "Intentando…",

  "notDelegatedTitle": "Kustomer no deja pasar este widget",
  "notDelegated": "Las llamadas le siguen llegando en la ventana de Sidetone. Aquí solo falla hacer clic en los números.",
  "notDelegatedSteps": ["Pida al administrador de Kustomer que dé a la aplicación Sidetone acceso a este equipo.", "Vuelva aquí e inténtelo de nuevo."],

  "deniedTitle": "El navegador bloquea Sidetone",
  "denied": "Las llamadas le siguen llegando en la ventana de Sidetone. Aquí solo falla hacer clic en los números.",
  "deniedSteps": ["Haga clic en el icono a la izquierda de la dirección.", "Ponga «aplicaciones en este dispositivo» en Permitir.", "Vuelva aquí e inténtelo de nuevo. Si el ajuste está bloqueado, consulte a su departamento de TI."],

  "unsureTitle": "No se llega a Sidetone",
  "unsure": "Abra Sidetone en este equipo e inténtelo de nuevo. Si ya está abierto, el navegador impide el acceso a este widget.",
  "unsureSteps": ["Haga clic en los iconos a la izquierda de la dirección. Si el acceso a las aplicaciones de este dispositivo está bloqueado, desbloquéelo.", "Si no hay nada bloqueado, pida al administrador de Kustomer que dé a la aplicación Sidetone acceso a este equipo."],

  "askTitle": "Conectar con Sidetone",
  "ask": "El navegador preguntará si Kustomer puede acceder a las aplicaciones de este dispositivo. Elija Permitir.",
  "askAgain": "No ha funcionado. Abra Sidetone si está cerrado, pulse Conectar y elija Permitir.",
  "connect": "Conectar",
  "asking": "Elija Permitir en la parte superior de la ventana, bajo la dirección.",

  "outsideTitle": "Esta página va dentro de Kustomer",
  "outside": "Ábrala como widget en Kustomer. Por sí sola no hace nada.",

  "foreignTitle": "Otro programa responde en lugar de Sidetone",
  "foreign": "No ha podido demostrar que es Sidetone, así que no se le ha enviado ningún número. Avise a su departamento de TI.",

  "fullTitle": "Hay demasiadas pestañas de Kustomer abiertas",
  "full": "Sidetone atiende ocho a la vez. Cierre una y vuelva a intentarlo.",

  "smallWindow": "Usar una ventana pequeña",
  "noWindowTitle": "No se llega a la ventana pequeña",
  "noWindow": "Las llamadas le siguen llegando en la ventana de Sidetone. Aquí solo falla hacer clic en los números.",
  "noWindowSteps": ["Si no se ha abierto ninguna ventana, permita las ventanas emergentes de esta página e inténtelo de nuevo.", "Si sigue sin abrirse, o si la ventana dice que no llega a Kustomer, avise al administrador de Kustomer: Kustomer no permite ventanas a sus widgets."],
  "windowClosedTitle": "La ventana pequeña está cerrada",
  "windowClosed": "Kustomer llega a su teléfono a través de ella. Déjela abierta mientras trabaja.",
  "openWindow": "Abrir la ventana",

  "unpairedTitle": "Conectar este navegador",
  "unpaired": "Pulse aquí Conectar y escriba en la ventana de Sidetone las cifras que vea. Solo hace falta una vez en cada navegador.",
  "pairing": "Escriba estas cifras en la ventana de Sidetone",
  "pairingOnce": "Solo hace falta una vez en cada navegador.",
  "pairingLeft": "Quedan {time}",
  "pairingNever": "Sidetone nunca las pide por teléfono ni por correo.",
  "newDigits": "Mostrar otras cifras",
  "refused": {
    "not-armed": "Pulse primero «Connect to Kustomer» en la ventana de Sidetone y después Conectar aquí.",
    "busy": "Se está conectando otro navegador. Termínelo o cancélelo antes en Sidetone.",
    "expired": "Las cifras no se escribieron en un minuto. Pulse Conectar para obtener otras.",
    "cancelled": "Se ha cancelado en Sidetone.",
    "closed": "Las cifras se escribieron mal tres veces. Pulse otra vez «Connect to Kustomer» en Sidetone.",
    "foreign": "El programa que respondió nunca tuvo las cifras. No es Sidetone, y no se le ha enviado nada. Avise a su departamento de TI."
  },

  "numberField": "Número",
  "call": "Llamar",
  "lastCall": "Última llamada",
  "missed": "Perdida.",
  "hint": "Haga clic en un número de Kustomer para llamar.",
  "soundElsewhere": "El sonido va por la ventana de Sidetone.",
  "unknownCaller": "Llamada desconocida",
  "statusMenu": "Elegir su estado",

  "emptyNumber": "Kustomer ha enviado un clic sin número.",
  "noNumber": "Escriba antes un número.",
  "dialNotSent": "No se ha marcado el número: Sidetone no está conectado.",
  "dialUnsure": "Se ha perdido la conexión. Compruebe en Sidetone si se llamó a {number}.",
  "unknownStatus": "Kustomer ha indicado un estado que este widget no conoce.",
  "noStatuses": "Kustomer no muestra sus estados a este widget.",
  "notDone": "Sidetone no lo ha hecho.",

  "phase": {
    "dialing": "Llamando", "ringing": "Sonando", "incoming": "Llamada entrante", "answering": "Conectando", "active": "En llamada", "ending": "Terminando",
    "held": "En espera", "heldThere": "Le tienen en espera"
  },
  "direction": { "incoming": "Entrante", "outgoing": "Saliente" },
  "answer": "Contestar",
  "decline": "Rechazar",
  "hangup": "Colgar",
  "mute": "Silenciar",
  "muted": "Silenciado",
  "hold": "Espera",
  "resume": "Retomar",
  "keypad": "Teclado",

  "settings": {
    "title": "Correspondencia de estados",
    "lead": "Cuando cambia el estado de un agente en Kustomer, Sidetone lo sigue.",
    "queue": "Cola externa: {name}",
    "inKustomer": "En Kustomer",
    "inSidetone": "En Sidetone",
    "state": "Situación",
    "unmapped": "Sin asignar",
    "unmappedOne": "{name} está sin asignar.",
    "unmappedMany": { "one": "{count} estado está sin asignar.", "other": "{count} estados están sin asignar." },
    "unmappedWhy": "Sidetone se guía entonces por el tipo de estado de Kustomer.",
    "choose": "Elegir",
    "changed": "Cambiado, sin guardar",
    "saved": "Guardado.",
    "saving": "Guardando…",
    "followsType": "Se guía por su tipo.",
    "footer": "Las asignaciones de otras aplicaciones no se tocan.",
    "undo": "Deshacer",
    "nothingToSave": "Guardado",
    "save": { "one": "Guardar {count} cambio", "other": "Guardar {count} cambios" },
    "load": "Leyendo los estados…",
    "loadFailed": "Kustomer no muestra sus estados. Puede que su rol no lo permita.",
    "empty": "Kustomer aún no tiene estados.",
    "custom": "Estado propio",
    "kinds": { "available": "Puede recibir trabajo", "busy": "Está en una llamada", "unavailable": "Con sesión, no recibe trabajo", "offline": "Sin sesión" },
    "rowFailed": {
      "401": "Sin guardar: su sesión está cerrada.",
      "403": "Sin guardar: su rol no puede cambiar estados.",
      "404": "Sin guardar: Kustomer ya no tiene este estado.",
      "409": "Sin guardar: otra persona lo acaba de cambiar.",
      "429": "Sin guardar: Kustomer pide esperar un minuto.",
      "no-answer": "Sin guardar: Kustomer no ha respondido.",
      "other": "Sin guardar: Kustomer no lo ha aceptado."
    }
  }
};
