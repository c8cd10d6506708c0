// Every sentence the pages show, in the agent's language. One file per language under words/: strict JSON behind the word
// export, all with the same keys, so that a test can hold them against each other. A gap is written {name}.

import de from "./words/de.js";
import en from "./words/en.js";
import es from "./words/es.js";
import fr from "./words/fr.js";
import pt from "./words/pt.js";

// bare is a table of nothing but its own words: a stranger may ask for "constructor".
function bare(v) {
  if (!v || typeof v !== "object") return v;
  return Array.isArray(v) ? v.map(bare) : Object.setPrototypeOf(Object.fromEntries(Object.entries(v).map(([k, w]) => [k, bare(w)])), null);
}

const languages = bare({ en, de, fr, es, pt });

export let words = languages.en; // of the language that is spoken
export let locale = "en"; // for times and figures: as this computer writes them, where it speaks the same language

const primary = (tag) => tag.split("-")[0].toLowerCase();

// chosen is the first of the wished languages that there is, {language, locale}. A wish is a tag as browsers or Kustomer write it:
// "de-AT", "en_us". The region is the browser's own if it has one for the language.
export function chosen(wishes, own = navigator.languages ?? []) {
  const tags = [...wishes, ...own].filter((w) => typeof w === "string").map((w) => w.replace(/_/g, "-"));
  const tag = tags.find((t) => Object.hasOwn(languages, primary(t)) && known(t)) ?? "en";
  const language = primary(tag);
  return { language, locale: own.find((t) => primary(t) === language) ?? tag };
}

function known(tag) {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

// speak goes over to the language of the first wish that can be met, else the browser's, else English.
export function speak(...wishes) {
  const c = chosen(wishes);
  words = languages[c.language];
  locale = c.locale;
  document.documentElement.lang = c.language;
}

// fill puts values into the gaps of a sentence.
export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

// counted is the form of a sentence for a number of things: {one, other}.
export function counted(forms, count) {
  return fill(forms[new Intl.PluralRules(locale).select(count)] ?? forms.other, { count });
}

// timeOf is the time of day of a moment, or "" for none: of 24 hours, as the app writes it, with seconds if they are asked for.
export function timeOf(iso, second) {
  const at = new Date(iso ?? NaN);
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit", second, hourCycle: "h23" });
}

// statusName is what a status is called: in the agent's language, or as the organisation calls one of its own. The app writes
// its own names in English: "Wrap-up".
export function statusName(status, label = "") {
  const plain = status.charAt(0).toUpperCase() + status.slice(1);
  return label && label !== plain ? label : words.statuses[status] ?? status;
}

// told says a sentence of the app: {code, text} and the values of its gaps. The app's own text is in English and may know more; in
// another language its code is said, if there are words for it.
export function told(table, { code, text, ...values }) {
  const own = Object.hasOwn(table, code) ? fill(table[code], values) : "";
  return words === languages.en ? text || own : own || text;
}
