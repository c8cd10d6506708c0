// The few things every view does to a page. Data goes in as text only.

export const $ = (selector) => document.querySelector(selector);

// set writes a text where it is another one, so that nothing is read aloud twice.
export function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element, yes) {
  if (element.hidden === yes) element.hidden = !yes;
}

// refill makes the children of a list anew where what they show is something else: what has the focus or is being read stays.
export function refill(list, items, make) {
  const text = JSON.stringify(items);
  if (list.dataset.items === text) return;
  list.dataset.items = text;
  list.replaceChildren(...items.map(make));
}
