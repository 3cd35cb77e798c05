import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { prompts, promptVersions } from "./schema.ts";

export type PromptStatements = ReturnType<typeof preparePromptStatements>;

const { placeholder } = sql;

/** Prepares the statements over prompts and their versions. */
export function preparePromptStatements(orm: BetterSQLite3Database) {
  const ofTenant = eq(prompts.tenant, placeholder("tenant"));
  const byId = and(ofTenant, eq(prompts.id, placeholder("id")));
  const fields = {
    id: prompts.id,
    defaultVersion: prompts.defaultVersion,
    version: promptVersions.version,
    createdAt: promptVersions.createdAt,
    name: promptVersions.name,
    prompt: promptVersions.prompt,
    variables: promptVersions.variables,
  };
  const version = (which: SQL) =>
    orm
      .select(fields)
      .from(prompts)
      .innerJoin(promptVersions, and(eq(promptVersions.promptSeq, prompts.seq), which))
      .where(byId)
      .prepare();
  const pageOfPrompts = (order: SQL) =>
    orm
      .select(fields)
      .from(prompts)
      .innerJoin(
        promptVersions,
        and(eq(promptVersions.promptSeq, prompts.seq), eq(promptVersions.version, prompts.latestVersion)),
      )
      .where(and(ofTenant, gt(prompts.seq, placeholder("low")), lt(prompts.seq, placeholder("high"))))
      .orderBy(order)
      .limit(placeholder("limit"))
      .prepare();
  const pageOfVersions = (order: SQL) =>
    orm
      .select(fields)
      .from(prompts)
      .innerJoin(promptVersions, eq(promptVersions.promptSeq, prompts.seq))
      .where(
        and(
          byId,
          gt(promptVersions.version, placeholder("low")),
          lt(promptVersions.version, placeholder("high")),
        ),
      )
      .orderBy(order)
      .limit(placeholder("limit"))
      .prepare();
  return {
    insert: orm
      .insert(prompts)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        latestVersion: 1,
        defaultVersion: 1,
      })
      .prepare(),
    insertVersion: orm
      .insert(promptVersions)
      .values({
        promptSeq: placeholder("promptSeq"),
        version: placeholder("version"),
        createdAt: placeholder("createdAt"),
        name: placeholder("name"),
        prompt: placeholder("prompt"),
        variables: placeholder("variables"),
      })
      .prepare(),
    find: orm
      .select({ seq: prompts.seq, latest: prompts.latestVersion, default: prompts.defaultVersion })
      .from(prompts)
      .where(byId)
      .prepare(),
    setVersions: orm
      .update(prompts)
      .set({
        latestVersion: sql`${placeholder("latest")}`,
        defaultVersion: sql`${placeholder("default")}`,
      })
      .where(eq(prompts.seq, placeholder("seq")))
      .prepare(),
    version: version(eq(promptVersions.version, placeholder("version"))),
    defaultVersion: version(eq(promptVersions.version, prompts.defaultVersion)),
    list: { ascending: pageOfPrompts(asc(prompts.seq)), descending: pageOfPrompts(desc(prompts.seq)) },
    versions: {
      ascending: pageOfVersions(asc(promptVersions.version)),
      descending: pageOfVersions(desc(promptVersions.version)),
    },
    delete: orm.delete(prompts).where(byId).prepare(),
  };
}
