export default {
  "statuses": { "available": "Disponível", "busy": "Ocupado", "wrap-up": "Pós-atendimento", "unavailable": "Indisponível", "offline": "Offline" },

  "connecting": "Conectando",
  "connected": "Conectado",
  "notConnected": "Sem conexão",
  "noLine": "Sem linha",
  "notPaired": "Não associado",

  "notRunningTitle": "O Sidetone não está aberto",
  "notRunning": "Abra o Sidetone neste computador. Este widget conecta sozinho.",
  "notRunningStill": "Abra o Sidetone neste computador e tente novamente.",
  "tryAgain": "Tentar novamente",
  "trying": "Aguarde…",

  "notDelegatedTitle": "O Kustomer não deixa este widget passar",
  "notDelegated": "As chamadas continuam a chegar na janela do Sidetone. Só não é possível clicar nos números aqui.",
  "notDelegatedSteps": ["Peça ao administrador do Kustomer que dê ao app Sidetone acesso a este computador.", "Volte aqui e tente novamente."],

  "deniedTitle": "O navegador bloqueia o Sidetone",
  "denied": "As chamadas continuam a chegar na janela do Sidetone. Só não é possível clicar nos números aqui.",
  "deniedSteps": ["Clique no ícone à esquerda do endereço.", "Defina “apps neste dispositivo” como Permitir.", "Volte aqui e tente novamente. Se a opção estiver bloqueada, fale com o departamento de TI."],

  "unsureTitle": "O Sidetone não está acessível",
  "unsure": "Abra o Sidetone neste computador e tente novamente. Se já estiver aberto, o navegador impede o acesso a este widget.",
  "unsureSteps": ["Clique nos ícones à esquerda do endereço. Se o acesso aos apps neste dispositivo estiver bloqueado, desbloqueie.", "Se nada estiver bloqueado, peça ao administrador do Kustomer que dê ao app Sidetone acesso a este computador."],

  "askTitle": "Conectar ao Sidetone",
  "ask": "O navegador vai perguntar se o Kustomer pode usar apps neste dispositivo. Escolha Permitir.",
  "askAgain": "Não funcionou. Abra o Sidetone se estiver fechado, clique em Conectar e escolha Permitir.",
  "connect": "Conectar",
  "asking": "Escolha Permitir no alto da janela, abaixo do endereço.",

  "outsideTitle": "Esta página pertence ao Kustomer",
  "outside": "Abra-a como widget no Kustomer. Sozinha, não faz nada.",

  "foreignTitle": "Outro programa responde no lugar do Sidetone",
  "foreign": "Ele não provou ser o Sidetone, por isso nenhum número lhe foi enviado. Avise o departamento de TI.",

  "fullTitle": "Há janelas demais do Kustomer abertas",
  "full": "O Sidetone atende oito ao mesmo tempo. Feche uma e tente novamente.",

  "smallWindow": "Usar uma janela pequena",
  "noWindowTitle": "A janela pequena não está acessível",
  "noWindow": "As chamadas continuam a chegar na janela do Sidetone. Só não é possível clicar nos números aqui.",
  "noWindowSteps": ["Se nenhuma janela abriu, permita janelas pop-up para esta página e tente novamente.", "Se continuar sem abrir, ou se a janela disser que não chega ao Kustomer, avise o administrador do Kustomer: o Kustomer não permite janelas aos seus widgets."],
  "windowClosedTitle": "A janela pequena está fechada",
  "windowClosed": "O Kustomer chega ao seu telefone através dela. Deixe-a aberta enquanto trabalha.",
  "openWindow": "Abrir a janela",

  "unpairedTitle": "Conectar este navegador",
  "unpaired": "Clique aqui em Conectar e escreva na janela do Sidetone os dígitos que aparecem. Basta uma vez em cada navegador.",
  "pairing": "Escreva estes dígitos na janela do Sidetone",
  "pairingOnce": "Basta uma vez em cada navegador.",
  "pairingLeft": "Restam {time}",
  "pairingNever": "O Sidetone nunca os pede por telefone nem por e-mail.",
  "newDigits": "Mostrar outros dígitos",
  "refused": {
    "not-armed": "Clique primeiro em “Connect to Kustomer” na janela do Sidetone e depois em Conectar aqui.",
    "busy": "Outro navegador está em conexão. Conclua ou cancele isso primeiro no Sidetone.",
    "expired": "Os dígitos não foram escritos em um minuto. Clique em Conectar para receber outros.",
    "cancelled": "Foi cancelado no Sidetone.",
    "closed": "Os dígitos estavam errados três vezes. Clique outra vez em “Connect to Kustomer” no Sidetone.",
    "foreign": "O programa que respondeu nunca teve os dígitos. Não é o Sidetone, e nada lhe foi enviado. Avise o departamento de TI."
  },

  "numberField": "Número",
  "call": "Ligar",
  "lastCall": "Última chamada",
  "missed": "Perdida.",
  "hint": "Clique em um número no Kustomer para ligar.",
  "soundElsewhere": "O som passa pela janela do Sidetone.",
  "unknownCaller": "Chamada desconhecida",
  "statusMenu": "Escolher o status",

  "emptyNumber": "O Kustomer enviou um clique sem número.",
  "noNumber": "Escreva primeiro um número.",
  "dialNotSent": "O número não foi chamado: o Sidetone não está conectado.",
  "dialUnsure": "A conexão caiu. Veja no Sidetone se {number} foi chamado.",
  "unknownStatus": "O Kustomer indicou um status que este widget não conhece.",
  "noStatuses": "O Kustomer não mostra os seus status a este widget.",
  "notDone": "O Sidetone não fez isso.",

  "phase": {
    "dialing": "Chamando", "ringing": "Tocando", "incoming": "Chamada recebida", "answering": "Conectando", "active": "Em chamada", "ending": "Encerrando",
    "held": "Em espera", "heldThere": "Em espera do outro lado"
  },
  "direction": { "incoming": "Recebida", "outgoing": "Efetuada" },
  "answer": "Atender",
  "decline": "Recusar",
  "hangup": "Desligar",
  "mute": "Silenciar",
  "muted": "Silenciado",
  "hold": "Espera",
  "resume": "Retomar",
  "keypad": "Teclado",

  "settings": {
    "title": "Correspondência de status",
    "lead": "Quando o status de um agente muda no Kustomer, o Sidetone acompanha.",
    "queue": "Fila externa: {name}",
    "inKustomer": "No Kustomer",
    "inSidetone": "No Sidetone",
    "state": "Situação",
    "unmapped": "Sem correspondência",
    "unmappedOne": "{name} não tem correspondência.",
    "unmappedMany": { "one": "{count} status não tem correspondência.", "other": "{count} status não têm correspondência." },
    "unmappedWhy": "O Sidetone segue então o tipo de status do Kustomer.",
    "choose": "Escolher",
    "changed": "Alterado, não gravado",
    "saved": "Gravado.",
    "saving": "Gravando…",
    "followsType": "Segue o seu tipo.",
    "footer": "As correspondências de outros apps não são alteradas.",
    "undo": "Desfazer",
    "nothingToSave": "Gravado",
    "save": { "one": "Gravar {count} alteração", "other": "Gravar {count} alterações" },
    "load": "Lendo os status…",
    "loadFailed": "O Kustomer não mostra os seus status. Talvez a sua função não o permita.",
    "empty": "O Kustomer ainda não tem status.",
    "custom": "Status próprio",
    "kinds": { "available": "Pode receber trabalho", "busy": "Está em chamada", "unavailable": "Com sessão, não recebe trabalho", "offline": "Sem sessão" },
    "rowFailed": {
      "401": "Não gravado: a sua sessão terminou.",
      "403": "Não gravado: a sua função não pode alterar status.",
      "404": "Não gravado: o Kustomer já não tem este status.",
      "409": "Não gravado: outra pessoa acabou de alterá-lo.",
      "429": "Não gravado: o Kustomer pede que aguarde um minuto.",
      "no-answer": "Não gravado: o Kustomer não respondeu.",
      "other": "Não gravado: o Kustomer não aceitou."
    }
  }
};
