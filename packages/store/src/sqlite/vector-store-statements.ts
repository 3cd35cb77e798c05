import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { vectorStores } from "./schema.ts";

export type VectorStoreStatements = ReturnType<typeof prepareVectorStoreStatements>;

const { placeholder } = sql;

/** Prepares the statements over vector stores themselves. Lists are given as the text of a JSON array. */
export function prepareVectorStoreStatements(orm: BetterSQLite3Database) {
  const ofTenant = eq(vectorStores.tenant, placeholder("tenant"));
  const byId = and(ofTenant, eq(vectorStores.id, placeholder("id")));
  const amongIds = and(
    ofTenant,
    inArray(vectorStores.id, sql`(SELECT value FROM json_each(${placeholder("ids")}))`),
  );
  const page = (order: SQL) =>
    orm
      .select()
      .from(vectorStores)
      .where(
        and(ofTenant, gt(vectorStores.seq, placeholder("low")), lt(vectorStores.seq, placeholder("high"))),
      )
      .orderBy(order)
      .limit(placeholder("limit"))
      .prepare();
  return {
    insert: orm
      .insert(vectorStores)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        createdAt: placeholder("createdAt"),
        name: placeholder("name"),
        description: placeholder("description"),
        metadata: placeholder("metadata"),
        expiresDays: placeholder("expiresDays"),
        lastActiveAt: placeholder("createdAt"),
        usageBytes: 0,
        inProgress: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
      })
      .prepare(),
    select: orm.select().from(vectorStores).where(byId).prepare(),
    selectMany: orm.select().from(vectorStores).where(amongIds).prepare(),
    list: { ascending: page(asc(vectorStores.seq)), descending: page(desc(vectorStores.seq)) },
    update: orm
      .update(vectorStores)
      .set({
        name: sql`${placeholder("name")}`,
        metadata: sql`${placeholder("metadata")}`,
        expiresDays: sql`${placeholder("expiresDays")}`,
      })
      .where(eq(vectorStores.seq, placeholder("seq")))
      .returning()
      .prepare(),
    /** Time does not go back, and a store that has expired stays so. */
    touch: orm
      .update(vectorStores)
      .set({ lastActiveAt: sql`max(${vectorStores.lastActiveAt}, ${placeholder("now")})` })
      .where(
        and(
          amongIds,
          sql`(${vectorStores.expiresDays} IS NULL
            OR ${vectorStores.lastActiveAt} + ${vectorStores.expiresDays} * 86400 >= ${placeholder("now")})`,
        ),
      )
      .prepare(),
    delete: orm.delete(vectorStores).where(byId).returning({ seq: vectorStores.seq }).prepare(),
  };
}
