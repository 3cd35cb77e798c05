import { type Item, responseIdOfItem } from "@gateway/protocol";
import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { conversationItems, foreignItems, responses } from "./schema.ts";

/** Finds any stored items by their ids. */
export type FindItems = (tenant: string, itemIds: readonly string[]) => Map<string, Item>;

/**
 * Prepares the look-up of items. An id may be in several places; the first that has it answers:
 *
 * 1. the response whose key it carries: the original;
 * 2. the newest response it came to from outside;
 * 3. the newest conversation item. Items that responses put there were found above, unless the response
 *    was deleted.
 */
export function prepareFindItems(orm: BetterSQLite3Database): FindItems {
  const { placeholder } = sql;
  const content = { id: responses.id, response: responses.response, input: responses.input };
  const original = orm
    .select(content)
    .from(responses)
    .where(
      and(
        eq(responses.tenant, placeholder("tenant")),
        eq(responses.id, placeholder("id")),
        isNotNull(responses.response),
      ),
    )
    .prepare();
  const foreign = orm
    .select(content)
    .from(foreignItems)
    .innerJoin(responses, eq(responses.seq, foreignItems.responseSeq))
    .where(
      and(eq(foreignItems.tenant, placeholder("tenant")), eq(foreignItems.itemId, placeholder("itemId"))),
    )
    .orderBy(desc(foreignItems.responseSeq))
    .limit(1)
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

  return (tenant, itemIds) => {
    // Many references may go to one large response, which is parsed once.
    const parsed = new Map<string, ParsedResponse>();
    const find = (itemId: string): Item | undefined => {
      const owner = responseIdOfItem(itemId);
      const found =
        owner && itemIn(parsed.get(owner) ?? keep(parsed, original.get({ tenant, id: owner })), itemId);
      if (found) return found;
      const row = inConversation.get({ tenant, itemId });
      return (
        itemIn(keep(parsed, foreign.get({ tenant, itemId })), itemId) ??
        (row && (JSON.parse(row.item) as Item))
      );
    };
    const items = new Map<string, Item>();
    for (const itemId of itemIds) {
      const item = find(itemId);
      if (item) items.set(itemId, item);
    }
    return items;
  };
}

interface ParsedResponse {
  output: Item[];
  input: Item[];
}

/** Parses a row, or takes it from those that were parsed before. */
function keep(
  parsed: Map<string, ParsedResponse>,
  row: { id: string; response: string | null; input: string | null } | undefined,
): ParsedResponse | undefined {
  if (row?.response == null || row.input === null) return undefined;
  const known = parsed.get(row.id);
  if (known) return known;
  const { output } = JSON.parse(row.response) as { output: Item[] };
  const response = { output, input: JSON.parse(row.input) as Item[] };
  parsed.set(row.id, response);
  return response;
}

/** The last item of that id: where a caller gave one twice, the later one counts. */
function itemIn(response: ParsedResponse | undefined, itemId: string): Item | undefined {
  const isIt = ({ id }: Item): boolean => id === itemId;
  return response?.output.findLast(isIt) ?? response?.input.findLast(isIt);
}
