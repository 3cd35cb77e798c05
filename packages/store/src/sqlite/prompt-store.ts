import type { PromptContent, PromptStore } from "@gateway/engine";
import type { Page, PageQuery, PromptObject } from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import { toPage, toPageWindow } from "./page-window.ts";
import { type PromptStatements, preparePromptStatements } from "./prompt-statements.ts";

/** Prompts in SQLite. `created_at` of a prompt object is that of its version. */
export class SqlitePromptStore implements PromptStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: PromptStatements;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = preparePromptStatements(orm);
  }

  async create(tenant: string, id: string, content: PromptContent, now: number): Promise<PromptObject> {
    const row = toVersionRow(content, 1, now);
    await this.#writer.write(() => {
      const promptSeq = Number(this.#statements.insert.run({ tenant, id }).lastInsertRowid);
      this.#statements.insertVersion.run({ promptSeq, ...row });
    }, row.prompt.length);
    return toPromptObject({ id, defaultVersion: 1, ...row });
  }

  async get(tenant: string, id: string, version?: string): Promise<PromptObject | undefined> {
    return reading(() => {
      if (version === undefined) return toObjectIfAny(this.#statements.defaultVersion.get({ tenant, id }));
      const number = toVersionNumber(version);
      if (number === undefined) return undefined;
      return toObjectIfAny(this.#statements.version.get({ tenant, id, version: number }));
    });
  }

  async list(tenant: string, query: PageQuery): Promise<Page<PromptObject> | undefined> {
    return reading(() => {
      const window = toPageWindow(toOneWay(query), (id) => this.#statements.find.get({ tenant, id })?.seq);
      if (window === undefined) return undefined;
      const statement = this.#statements.list[window.ascending ? "ascending" : "descending"];
      return toPage(statement.all({ tenant, ...window }), window, toPromptObject);
    });
  }

  async versions(tenant: string, id: string, query: PageQuery): Promise<Page<PromptObject> | undefined> {
    return reading(() => {
      const latest = this.#statements.find.get({ tenant, id })?.latest;
      if (latest === undefined) return undefined;
      const window = toPageWindow(toOneWay(query), (version) => {
        const number = toVersionNumber(version);
        return number !== undefined && number <= latest ? number : undefined;
      });
      if (window === undefined) return undefined;
      const statement = this.#statements.versions[window.ascending ? "ascending" : "descending"];
      return toPage(statement.all({ tenant, id, ...window }), window, toPromptObject);
    });
  }

  async addVersion(
    tenant: string,
    id: string,
    change: { content: PromptContent; replaces: string; makeDefault: boolean; now: number },
  ): Promise<PromptObject | "stale" | undefined> {
    const { replaces, makeDefault } = change;
    const replaced = toVersionNumber(replaces);
    const row = toVersionRow(change.content, (replaced ?? 0) + 1, change.now);
    return this.#writer.write(() => {
      const found = this.#statements.find.get({ tenant, id });
      if (found === undefined) return undefined;
      if (replaced !== found.latest) return "stale";
      const defaultVersion = makeDefault ? row.version : found.default;
      this.#statements.insertVersion.run({ promptSeq: found.seq, ...row });
      this.#statements.setVersions.run({ seq: found.seq, latest: row.version, default: defaultVersion });
      return toPromptObject({ id, defaultVersion, ...row });
    }, row.prompt.length);
  }

  async setDefault(tenant: string, id: string, version: string): Promise<PromptObject | undefined> {
    const number = toVersionNumber(version);
    if (number === undefined) return undefined;
    return this.#writer.write(() => {
      const found = this.#statements.find.get({ tenant, id });
      if (found === undefined || number > found.latest) return undefined;
      this.#statements.setVersions.run({ seq: found.seq, latest: found.latest, default: number });
      return toObjectIfAny(this.#statements.version.get({ tenant, id, version: number }));
    });
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => this.#statements.delete.run({ tenant, id }).changes > 0);
    if (deleted) this.#erased();
    return deleted;
  }
}

interface VersionRow {
  version: number;
  createdAt: number;
  name: string | null;
  prompt: string;
  variables: string;
}

/** Taken when the store is called, so that later changes of the content do not matter. */
function toVersionRow({ name, prompt, variables }: PromptContent, version: number, now: number): VersionRow {
  return { version, createdAt: now, name, prompt, variables: JSON.stringify(variables) };
}

/** The number that a version's name stands for; undefined for what names no version ("01", "latest"). */
function toVersionNumber(version: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(version) ? Number(version) : undefined;
}

/** The list has no `before`; a query that comes with one, unchecked, is not turned round by it. */
function toOneWay({ limit, order, after }: PageQuery): Pick<PageQuery, "limit" | "order" | "after"> {
  return { limit, order, after };
}

function toObjectIfAny(row: (VersionRow & { id: string; defaultVersion: number }) | undefined) {
  return row && toPromptObject(row);
}

function toPromptObject(row: VersionRow & { id: string; defaultVersion: number }): PromptObject {
  return {
    id: row.id,
    object: "prompt",
    name: row.name,
    prompt: row.prompt,
    variables: JSON.parse(row.variables) as string[],
    version: String(row.version),
    default_version: String(row.defaultVersion),
    created_at: row.createdAt,
  };
}
