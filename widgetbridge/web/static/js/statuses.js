// Reads the statuses of the organisation, however many pages of them there are.

import { list } from "./kustomer.js";
import { request } from "./sdk.js";

const pageSize = 100; // the most that Kustomer gives at once
const mostPages = 20;

// all resolves to every status once, in Kustomer's order. It rejects as sdk.request does; within is for each page, in milliseconds.
export async function all(K, within) {
  const known = new Map();
  for (let page = 1; page <= mostPages; page++) {
    const found = list(await request(K, "GET", `/v1/routing/statuses?page=${page}&pageSize=${pageSize}`, undefined, within));
    const before = known.size;
    found.forEach((s) => known.set(s.id, s));
    if (found.length < pageSize || known.size === before) break; // the last page, or one that came before
  }
  return [...known.values()];
}
