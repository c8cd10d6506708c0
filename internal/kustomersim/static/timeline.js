// The customer's page: who it is, and everything that was said, with calls as entries of their own.

const $ = (selector) => document.querySelector(selector);

function element(name, className, text = "") {
  const e = document.createElement(name);
  e.className = className;
  e.textContent = text;
  return e;
}

const when = (iso) => new Date(iso).toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false });

// entry is one message: a bubble, or for a call a line with its mark.
function entry(m, name) {
  const mine = m.direction === "out";
  if (m.channel !== "voice") {
    const said = element("div", "said" + (mine ? " mine" : ""));
    said.append(element("p", "", m.preview), element("small", "", (mine ? "Agent D. Sample" : name) + ", " + when(m.sentAt)));
    return said;
  }
  const call = element("div", "voice");
  call.dataset.call = m.externalId;
  const words = element("div", "words");
  words.append(element("strong", "", m.subject), element("p", "", m.preview), element("small", "", "Voice · Agent D. Sample, " + when(m.sentAt)));
  call.append(element("span", "handset"), words);
  return call;
}

function talk({ conversation: c, messages }, name, event) {
  const box = element("section", "talk" + (c.id === event ? " here" : ""));
  box.dataset.talk = c.id;
  const head = element("div", "head");
  head.append(element("h2", "", c.attributes.name), element("span", "pill " + c.attributes.status, c.attributes.status));
  box.append(head, ...messages.map((m) => entry(m, name)));
  return box;
}

const initials = (name) => name.replace(/[^\p{L}\s]/gu, "").split(/\s+/).filter(Boolean).map((w) => w[0]).filter((_, i, all) => i === 0 || i === all.length - 1).join("").toUpperCase() || "#";

// show fills the page; dial(number) is a click on a number.
export function show({ customer, company, talks }, event, dial) {
  const a = customer.attributes;
  $("h1").textContent = a.name;
  $(".face").textContent = initials(a.name);
  $("#mail").textContent = [company, a.emails[0]?.email].filter(Boolean).join(" · ");
  $("#numbers").replaceChildren(...[...a.phones ?? [], ...a.sharedPhones ?? []].map((p) => {
    const b = Object.assign(element("button", "", p.phone), { type: "button" });
    b.dataset.number = p.phone;
    b.onclick = () => dial(p.phone);
    const li = document.createElement("li");
    li.append(b, element("small", "", p.type));
    return li;
  }));
  const at = (t) => Date.parse(t.messages.at(-1)?.sentAt ?? t.conversation.attributes.updatedAt);
  $("#timeline").replaceChildren(...talks.toSorted((x, y) => at(x) - at(y)).map((t) => talk(t, a.name, event)));
  if (!talks.length) $("#timeline").append(element("p", "empty", "Nothing was said yet."));
  const here = $("#timeline .here") ?? $("#timeline").lastElementChild;
  here.scrollIntoView({ block: "end" });
}
