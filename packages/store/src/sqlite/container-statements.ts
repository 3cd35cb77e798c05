import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { containerFiles, containers } from "./schema.ts";

export type ContainerStatements = ReturnType<typeof prepareContainerStatements>;

const { placeholder } = sql;

/** Prepares the statements over containers and their files. */
export function prepareContainerStatements(orm: BetterSQLite3Database) {
  const ofTenant = eq(containers.tenant, placeholder("tenant"));
  const byId = and(ofTenant, eq(containers.id, placeholder("id")));
  const bySeq = eq(containers.seq, placeholder("seq"));
  const ofContainer = eq(containerFiles.containerSeq, placeholder("containerSeq"));
  const inPage = and(gt(containers.seq, placeholder("low")), lt(containers.seq, placeholder("high")));
  const pages = (filter: SQL | undefined) => {
    const page = (order: SQL) =>
      orm
        .select()
        .from(containers)
        .where(and(filter, inPage))
        .orderBy(order)
        .limit(placeholder("limit"))
        .prepare();
    return { ascending: page(asc(containers.seq)), descending: page(desc(containers.seq)) };
  };
  const pageOfFiles = (order: SQL) =>
    orm
      .select()
      .from(containerFiles)
      .where(
        and(
          ofContainer,
          gt(containerFiles.seq, placeholder("low")),
          lt(containerFiles.seq, placeholder("high")),
        ),
      )
      .orderBy(order)
      .limit(placeholder("limit"))
      .prepare();
  return {
    insert: orm
      .insert(containers)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        name: placeholder("name"),
        createdAt: placeholder("createdAt"),
        lastActiveAt: placeholder("lastActiveAt"),
        expiresAfter: placeholder("expiresAfter"),
        memoryLimit: placeholder("memoryLimit"),
        used: placeholder("used"),
      })
      .prepare(),
    select: orm.select().from(containers).where(byId).prepare(),
    count: orm.select({ containers: sql<number>`count(*)` }).from(containers).where(ofTenant).prepare(),
    /** The first that a tenant made and that has expired. */
    firstExpired: orm
      .select({ seq: containers.seq })
      .from(containers)
      .where(
        and(
          ofTenant,
          sql`${containers.lastActiveAt} + ${containers.expiresAfter} * 60 <= ${placeholder("now")}`,
        ),
      )
      .orderBy(asc(containers.seq))
      .limit(1)
      .prepare(),
    all: pages(ofTenant),
    named: pages(and(ofTenant, eq(containers.name, placeholder("name")))),
    touch: orm
      .update(containers)
      .set({
        lastActiveAt: sql`${placeholder("now")}`,
        used: sql`max(${containers.used}, ${placeholder("runs")})`,
      })
      .where(byId)
      .prepare(),
    delete: orm.delete(containers).where(bySeq).prepare(),
    idle: orm
      .select({ tenant: containers.tenant, id: containers.id })
      .from(containers)
      .where(lt(containers.lastActiveAt, placeholder("before")))
      .orderBy(asc(containers.lastActiveAt))
      .limit(placeholder("limit"))
      .prepare(),

    files: orm.select().from(containerFiles).where(ofContainer).orderBy(asc(containerFiles.path)).prepare(),
    fileTotals: orm
      .select({
        files: sql<number>`count(*)`,
        bytes: sql<number>`coalesce(sum(${containerFiles.bytes}), 0)`,
      })
      .from(containerFiles)
      .where(ofContainer)
      .prepare(),
    pagesOfFiles: {
      ascending: pageOfFiles(asc(containerFiles.seq)),
      descending: pageOfFiles(desc(containerFiles.seq)),
    },
    file: orm
      .select()
      .from(containerFiles)
      .where(and(ofContainer, eq(containerFiles.id, placeholder("fileId"))))
      .prepare(),
    fileAt: orm
      .select()
      .from(containerFiles)
      .where(and(ofContainer, eq(containerFiles.path, placeholder("path"))))
      .prepare(),
    insertFile: orm
      .insert(containerFiles)
      .values({
        containerSeq: placeholder("containerSeq"),
        id: placeholder("id"),
        path: placeholder("path"),
        bytes: placeholder("bytes"),
        createdAt: placeholder("createdAt"),
        source: placeholder("source"),
        hash: placeholder("hash"),
      })
      .prepare(),
    replaceFile: orm
      .update(containerFiles)
      .set({
        bytes: sql`${placeholder("bytes")}`,
        source: sql`${placeholder("source")}`,
        hash: sql`${placeholder("hash")}`,
      })
      .where(eq(containerFiles.seq, placeholder("seq")))
      .prepare(),
    deleteFile: orm
      .delete(containerFiles)
      .where(eq(containerFiles.seq, placeholder("seq")))
      .prepare(),
  };
}
