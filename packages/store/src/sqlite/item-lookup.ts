import { type Item, responseIdOfItem } from "@gateway/protocol";
import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { parseInSlices } from "./parse-in-slices.ts";
import { conversationItems, foreignItems, responses } from "./schema.ts";

/** Finds any stored items by their ids. */
export type FindItems = (tenant: string, itemIds: readonly string[]) => Promise<Map<string, Item>>;

/**
 * Prepares the look-up of items. An id may be in several places; the first that has it answers:
 *
 * 1. the response whose key it carries, its output before its input: the original;
 * 2. the newest response it came to from outside;
 * 3. the newest conversation item. Items that responses put there were found above, unless the response
 *    was deleted.
 *
 * A client that keeps its history sends it whole with each request, so the input of each response has that of all
 * before it. It is not read where the output has what is asked for, or the work would grow with the square of the turns.
 */
export function prepareFindItems(orm: BetterSQLite3Database): FindItems {
  const { placeholder } = sql;
  const isOriginal = and(
    eq(responses.tenant, placeholder("tenant")),
    eq(responses.id, placeholder("id")),
    isNotNull(responses.response),
  );
  const output = orm.select({ json: responses.response }).from(responses).where(isOriginal).prepare();
  const input = orm.select({ json: responses.input }).from(responses).where(isOriginal).prepare();
  const foreign = orm
    .select({ seq: foreignItems.responseSeq })
    .from(foreignItems)
    .where(
      and(eq(foreignItems.tenant, placeholder("tenant")), eq(foreignItems.itemId, placeholder("itemId"))),
    )
    .orderBy(desc(foreignItems.responseSeq))
    .limit(1)
    .prepare();
  const receiver = orm
    .select({ response: responses.response, input: responses.input })
    .from(responses)
    .where(eq(responses.seq, placeholder("seq")))
    .prepare();
  const inConversation = orm
    .select({ item: conversationItems.item })
    .from(conversationItems)
    .where(
      and(
        eq(conversationItems.tenant, placeholder("tenant")),
        eq(conversationItems.itemId, placeholder("itemId")),
      ),
    )
    .orderBy(desc(conversationItems.position))
    .limit(1)
    .prepare();

  return async (tenant, itemIds) => {
    const found = new Map<string, Item>();
    const missing = () => itemIds.filter((itemId) => !found.has(itemId));
    const take = (items: ReadonlyMap<string, Item>, wanted: readonly string[]) => {
      for (const itemId of wanted) {
        const item = items.get(itemId);
        if (item !== undefined && !found.has(itemId)) found.set(itemId, item);
      }
    };

    for (const [statement, itemsOf] of [
      [output, outputOf],
      [input, listOf],
    ] as const) {
      const owners = byOwner(missing());
      const rows = [...owners.keys()].flatMap((id) => {
        const json = statement.get({ tenant, id })?.json;
        return json == null ? [] : [{ id, json }];
      });
      const parsed = await parseInSlices(rows.map(({ json }) => json));
      for (const [index, { id }] of rows.entries())
        take(lastById(itemsOf(parsed[index])), owners.get(id) ?? []);
    }

    // Many of them may have come to one large response, which is read and parsed once.
    const receivers = new Map<number, string[]>();
    for (const itemId of missing()) {
      const row = foreign.get({ tenant, itemId });
      if (row === undefined) continue;
      const wanted = receivers.get(row.seq);
      if (wanted) wanted.push(itemId);
      else receivers.set(row.seq, [itemId]);
    }
    for (const [seq, wanted] of receivers) {
      const row = receiver.get({ seq });
      if (row?.response == null || row.input === null) continue;
      const [whole, list] = await parseInSlices([row.response, row.input]);
      take(lastById(outputOf(whole)), wanted);
      take(lastById(listOf(list)), wanted);
    }

    for (const itemId of missing()) {
      const row = inConversation.get({ tenant, itemId });
      if (row) found.set(itemId, JSON.parse(row.item) as Item);
    }
    return new Map(itemIds.flatMap((itemId) => toEntry(itemId, found.get(itemId))));
  };
}

/** The ids that say which response they are of, by that. */
function byOwner(itemIds: readonly string[]): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const itemId of itemIds) {
    const owner = responseIdOfItem(itemId);
    if (owner === undefined) continue;
    const ids = owners.get(owner);
    if (ids) ids.push(itemId);
    else owners.set(owner, [itemId]);
  }
  return owners;
}

function outputOf(response: unknown): Item[] {
  return (response as { output: Item[] }).output;
}

function listOf(input: unknown): Item[] {
  return input as Item[];
}

/** The items by their ids: where a caller gave one twice, the later one counts. */
function lastById(items: readonly Item[]): Map<string, Item> {
  return new Map(items.map((item) => [item.id, item]));
}

function toEntry(itemId: string, item: Item | undefined): [string, Item][] {
  return item === undefined ? [] : [[itemId, item]];
}
