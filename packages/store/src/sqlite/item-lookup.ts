import { type Item, responseIdOfItem } from "@gateway/protocol";
import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { conversationItems, foreignItems, responses } from "./schema.ts";

/** Finds any stored item by its id. */
export type FindItem = (tenant: string, itemId: string) => Item | undefined;

/**
 * Prepares the look-up of items. An id may be in several places; the first that has it answers:
 *
 * 1. the response whose key it carries: the original;
 * 2. the newest response it came to from outside;
 * 3. the newest conversation item. Items that responses put there were found above, unless the response
 *    was deleted.
 */
export function prepareFindItem(orm: BetterSQLite3Database): FindItem {
  const { placeholder } = sql;
  const content = { response: responses.response, input: responses.input };
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

  return (tenant, itemId) => {
    const owner = responseIdOfItem(itemId);
    const found = owner && itemIn(original.get({ tenant, id: owner }), itemId);
    if (found) return found;
    const row = inConversation.get({ tenant, itemId });
    return itemIn(foreign.get({ tenant, itemId }), itemId) ?? (row && (JSON.parse(row.item) as Item));
  };
}

/** The last item of that id: where a caller gave one twice, the later one counts. */
function itemIn(
  row: { response: string | null; input: string | null } | undefined,
  itemId: string,
): Item | undefined {
  if (row?.response == null || row.input === null) return undefined;
  const { output } = JSON.parse(row.response) as { output: Item[] };
  const isIt = ({ id }: Item): boolean => id === itemId;
  return output.findLast(isIt) ?? (JSON.parse(row.input) as Item[]).findLast(isIt);
}
