import type { ConnectorRecord, ConnectorStore, Opened, Sealer } from "@gateway/engine";
import { type ConnectorObject, internal, type Page, type PageQuery } from "@gateway/protocol";
import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading, toStorageError } from "../errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import { toPage, toPageWindow } from "./page-window.ts";
import { connectors } from "./schema.ts";

/** Connectors in SQLite. Headers are sealed for their tenant and id: a row that is moved cannot be opened. */
export class SqliteConnectorStore implements ConnectorStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #sealer: Sealer;
  readonly #statements: ReturnType<typeof prepareConnectorStatements>;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void, sealer: Sealer) {
    this.#writer = writer;
    this.#erased = erased;
    this.#sealer = sealer;
    this.#statements = prepareConnectorStatements(orm);
  }

  /** One that is replaced is created anew: it is the newest in the list then. */
  async put(tenant: string, { connector, headers }: ConnectorRecord): Promise<void> {
    const { id, name, server_url: serverUrl, created_at: createdAt } = connector;
    const row = { tenant, id, name, serverUrl, createdAt, headers: this.#seal(tenant, id, headers) };
    const replaced = await this.#writer.write(() => {
      const { changes } = this.#statements.delete.run({ tenant, id });
      this.#statements.insert.run(row);
      return changes > 0;
    });
    if (replaced) this.#erased();
  }

  async get(tenant: string, id: string): Promise<ConnectorObject | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      return row && toConnectorObject(row);
    });
  }

  async getWithHeaders(tenant: string, id: string): Promise<ConnectorRecord | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      if (row === undefined) return undefined;
      const headers =
        row.headers === null ? {} : toHeaders(this.#sealer.open(row.headers, toContext(tenant, id)));
      return { connector: toConnectorObject(row), headers };
    });
  }

  async list(tenant: string, query: PageQuery): Promise<Page<ConnectorObject> | undefined> {
    return reading(() => {
      const window = toPageWindow(
        { limit: query.limit, order: query.order, after: query.after },
        (id) => this.#statements.select.get({ tenant, id })?.seq,
      );
      if (window === undefined) return undefined;
      const statement = this.#statements.list[window.ascending ? "ascending" : "descending"];
      return toPage(statement.all({ tenant, ...window }), window, toConnectorObject);
    });
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => this.#statements.delete.run({ tenant, id }).changes > 0);
    if (deleted) this.#erased();
    return deleted;
  }

  #seal(tenant: string, id: string, headers: Record<string, string>): string | null {
    if (Object.keys(headers).length === 0) return null;
    try {
      return this.#sealer.seal(JSON.stringify(headers), toContext(tenant, id));
    } catch (thrown) {
      throw toStorageError(thrown, "write to");
    }
  }
}

function toHeaders(opened: Opened): Record<string, string> {
  if ("text" in opened) return JSON.parse(opened.text) as Record<string, string>;
  throw opened.fault === "another_key"
    ? internal(
        "The server's key has changed since this connector's headers were stored. Register the connector again.",
        { code: "sealed_with_another_key" },
      )
    : internal("The connector's stored headers are damaged. Register the connector again.", {
        code: "sealed_text_damaged",
      });
}

function toContext(tenant: string, id: string): string {
  return JSON.stringify(["connector", tenant, id]);
}

function toConnectorObject(row: {
  id: string;
  name: string;
  serverUrl: string;
  createdAt: number;
}): ConnectorObject {
  return {
    id: row.id,
    object: "connector",
    name: row.name,
    server_url: row.serverUrl,
    created_at: row.createdAt,
  };
}

const { placeholder } = sql;

function prepareConnectorStatements(orm: BetterSQLite3Database) {
  const ofTenant = eq(connectors.tenant, placeholder("tenant"));
  const byId = and(ofTenant, eq(connectors.id, placeholder("id")));
  const page = (order: SQL) =>
    orm
      .select()
      .from(connectors)
      .where(and(ofTenant, gt(connectors.seq, placeholder("low")), lt(connectors.seq, placeholder("high"))))
      .orderBy(order)
      .limit(placeholder("limit"))
      .prepare();
  return {
    insert: orm
      .insert(connectors)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        name: placeholder("name"),
        serverUrl: placeholder("serverUrl"),
        createdAt: placeholder("createdAt"),
        headers: placeholder("headers"),
      })
      .prepare(),
    select: orm.select().from(connectors).where(byId).prepare(),
    list: { ascending: page(asc(connectors.seq)), descending: page(desc(connectors.seq)) },
    delete: orm.delete(connectors).where(byId).prepare(),
  };
}
