import { isDeepStrictEqual } from "node:util";
import type { InputItem, Item } from "@gateway/protocol";
import type { ResponseStore } from "./stores.ts";

/**
 * True for a call of a tool that has run here and that came back without its results, under an id: clients keep what an
 * answer tells of such a call, and answers tell results only where `include` asks for them. The store may have them.
 */
export function lacksResults(item: InputItem): boolean {
  if (!item.id) return false;
  switch (item.type) {
    case "web_search_call":
      return item.results == null && item.error == null;
    case "file_search_call":
      return item.results == null;
    case "code_interpreter_call":
      return item.outputs == null;
    default:
      return false;
  }
}

/**
 * The item that is kept under the id of one that {@link lacksResults}, where that says nothing else than what is kept: a
 * client that has changed its call gets no results of another one. Otherwise undefined.
 */
export function keptAs(item: InputItem, kept: Item | undefined): Item | undefined {
  return kept?.type === item.type && isPartOf(said(item), said(kept)) ? kept : undefined;
}

/**
 * Finds what is kept under the ids of those of the items that are `wanted`, in one look-up; without one where there are
 * none. What belongs to another tenant is not found.
 */
export async function findKept(
  items: readonly InputItem[],
  wanted: (item: InputItem) => boolean,
  tenant: string,
  responses: Pick<ResponseStore, "findItems">,
): Promise<ReadonlyMap<string, Item>> {
  const ids = items.flatMap((item) => (item.id && wanted(item) ? [item.id] : []));
  return ids.length === 0 ? nothing : await responses.findItems(tenant, [...new Set(ids)]);
}

const nothing: ReadonlyMap<string, Item> = new Map();

/** What a call asks for, whatever came of it. */
function said(item: InputItem): Record<string, unknown> {
  switch (item.type) {
    case "web_search_call": {
      const { type, query, queries, url, pattern } = item.action ?? {};
      return { type, query, queries, url, pattern };
    }
    case "file_search_call":
      // An empty list is what is stored of a call that came without one.
      return { queries: item.queries?.length ? item.queries : null };
    case "code_interpreter_call":
      return { code: item.code, container: item.container_id };
    default:
      return {};
  }
}

/** True where all that is said in one is said in the other; what is left out or null says nothing. */
function isPartOf(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  return Object.entries(one).every(([key, value]) => value == null || isDeepStrictEqual(value, other[key]));
}
