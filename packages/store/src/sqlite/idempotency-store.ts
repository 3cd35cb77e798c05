import type { Claim, IdempotencyStore, RequestKey } from "@gateway/engine";
import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { GroupCommit } from "./group-commit.ts";
import { idempotencyClaims } from "./schema.ts";

/** Claims of idempotency keys in SQLite. A claim that is replaced begins anew: it is as old as the new one. */
export class SqliteIdempotencyStore implements IdempotencyStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: ReturnType<typeof prepareClaimStatements>;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareClaimStatements(orm);
  }

  async claim(
    { tenant, path, key }: RequestKey,
    { responseId, bodyHash }: Pick<Claim, "responseId" | "bodyHash">,
    now: number,
    replaced?: string,
  ): Promise<Claim | undefined> {
    const name = { tenant, path, key };
    const row = { ...name, bodyHash, responseId, claimedAt: now };
    const { existing, erased } = await this.#writer.write(() => {
      const found = this.#statements.select.get(name);
      if (found !== undefined && found.responseId !== replaced) return { existing: found, erased: false };
      if (found !== undefined) this.#statements.delete.run({ seq: found.seq });
      this.#statements.insert.run(row);
      return { existing: undefined, erased: found !== undefined && found.answer !== null };
    });
    if (erased) this.#erased();
    return existing && toClaim(existing);
  }

  async complete({ tenant, path, key }: RequestKey, responseId: string, answer: string): Promise<void> {
    const values = { tenant, path, key, responseId, answer };
    await this.#writer.write(() => void this.#statements.complete.run(values), answer.length);
  }

  async forget(tenant: string, responseId: string): Promise<boolean> {
    const hadAnswer = await this.#writer.write(() => {
      const answered = this.#statements.answered.get({ tenant, responseId });
      this.#statements.forget.run({ tenant, responseId });
      return answered !== undefined;
    });
    if (hadAnswer) this.#erased();
    return hadAnswer;
  }
}

function toClaim({
  responseId,
  bodyHash,
  answer,
}: {
  responseId: string;
  bodyHash: string;
  answer: string | null;
}): Claim {
  return answer === null ? { responseId, bodyHash } : { responseId, bodyHash, answer };
}

const { placeholder } = sql;

function prepareClaimStatements(orm: BetterSQLite3Database) {
  const byKey = and(
    eq(idempotencyClaims.tenant, placeholder("tenant")),
    eq(idempotencyClaims.path, placeholder("path")),
    eq(idempotencyClaims.key, placeholder("key")),
  );
  const forResponse = eq(idempotencyClaims.responseId, placeholder("responseId"));
  const ofTenant = and(forResponse, eq(idempotencyClaims.tenant, placeholder("tenant")));
  const { seq, responseId, bodyHash, answer } = idempotencyClaims;
  return {
    select: orm.select({ seq, responseId, bodyHash, answer }).from(idempotencyClaims).where(byKey).prepare(),
    insert: orm
      .insert(idempotencyClaims)
      .values({
        tenant: placeholder("tenant"),
        path: placeholder("path"),
        key: placeholder("key"),
        bodyHash: placeholder("bodyHash"),
        responseId: placeholder("responseId"),
        claimedAt: placeholder("claimedAt"),
      })
      .prepare(),
    delete: orm
      .delete(idempotencyClaims)
      .where(eq(seq, placeholder("seq")))
      .prepare(),
    complete: orm
      .update(idempotencyClaims)
      .set({ answer: sql`${placeholder("answer")}` })
      .where(and(byKey, forResponse))
      .prepare(),
    answered: orm
      .select({ seq })
      .from(idempotencyClaims)
      .where(and(ofTenant, isNotNull(answer)))
      .limit(1)
      .prepare(),
    forget: orm.delete(idempotencyClaims).where(ofTenant).prepare(),
  };
}
