import type { Item } from "@gateway/protocol";
import { sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { parseInSlices } from "./parse-in-slices.ts";
import { responses } from "./schema.ts";

/** Reads the items of a chain that ends in a response, oldest first; undefined when that one is not there. */
export type ReadChain = (tenant: string, id: string) => Promise<Item[] | undefined>;

interface Link {
  id: string;
  previousId: string | null;
  response: string | null;
  input: string | null;
}

/**
 * Prepares the read of a chain: one recursive query. UNION (not UNION ALL) drops a row that has been
 * visited, so a cycle ends by itself; a missing ancestor ends the chain there.
 */
export function prepareReadChain(orm: BetterSQLite3Database): ReadChain {
  const { placeholder } = sql;
  const select = orm
    .select({
      id: responses.id,
      previousId: responses.previousId,
      response: responses.response,
      input: responses.input,
    })
    .from(responses)
    .where(
      sql`${responses.seq} IN (
        WITH RECURSIVE link (seq, previous_id) AS (
          SELECT seq, previous_id FROM responses
          WHERE tenant = ${placeholder("tenant")} AND id = ${placeholder("id")}
          UNION
          SELECT older.seq, older.previous_id FROM link
          JOIN responses AS older ON older.tenant = ${placeholder("tenant")} AND older.id = link.previous_id
        )
        SELECT seq FROM link
      )`,
    )
    .prepare();
  return async (tenant, id) => {
    const links = new Map(select.all({ tenant, id }).map((link) => [link.id, link]));
    const newest = links.get(id);
    if (newest === undefined || newest.response === null) return undefined;
    return parseTurns(oldestFirst(links, newest));
  };
}

/** Follows the links, since neither rows nor times have to be in their order. Empties the map. */
function oldestFirst(links: Map<string, Link>, newest: Link): Link[] {
  const turns: Link[] = [];
  for (let link: Link | undefined = newest; link !== undefined; link = links.get(link.previousId ?? "")) {
    turns.push(link);
    links.delete(link.id);
  }
  return turns.reverse();
}

async function parseTurns(turns: readonly Link[]): Promise<Item[]> {
  const texts: string[] = [];
  for (const { response, input } of turns) {
    if (response !== null && input !== null) texts.push(input, response);
  }
  const parsed = await parseInSlices(texts);
  return parsed.flatMap((value, index) =>
    index % 2 === 0 ? (value as Item[]) : (value as { output: Item[] }).output,
  );
}
