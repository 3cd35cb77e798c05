import type { ConnectorRecord, ConnectorStore } from "@gateway/engine";
import { badRequest, type ConnectorObject, type Page, type PageQuery } from "@gateway/protocol";
import type { Config } from "./config/config.ts";

/**
 * Adds the connectors of the configuration to those that are stored: every tenant has them, nobody can change them,
 * and they come before a stored one of the same id. In lists they are the oldest, with a `created_at` of 0.
 */
export function withConfigured(
  stored: ConnectorStore,
  configured: Config["tools"]["connectors"],
): ConnectorStore {
  const fixed = new Map<string, ConnectorRecord>(
    Object.entries(configured).map(([id, { server_url, headers }]) => [
      id,
      { connector: { id, object: "connector", name: id, server_url, created_at: 0 }, headers },
    ]),
  );
  const refuseFixed = (id: string) => {
    if (!fixed.has(id)) return;
    throw badRequest(
      `The connector '${id}' is part of the server's configuration and cannot be changed here. Choose another id.`,
      { code: "connector_read_only" },
    );
  };

  return {
    async put(tenant, record) {
      refuseFixed(record.connector.id);
      await stored.put(tenant, record);
    },
    async get(tenant, id) {
      return fixed.get(id)?.connector ?? stored.get(tenant, id);
    },
    async getWithHeaders(tenant, id) {
      return fixed.get(id) ?? stored.getWithHeaders(tenant, id);
    },
    async list(tenant, query) {
      const old = [...fixed.values()].map(({ connector }) => connector);
      const read = async (part: PageQuery) => {
        const page = await stored.list(tenant, part);
        return page && { ...page, data: page.data.filter(({ id }) => !fixed.has(id)) };
      };
      return query.order === "asc" ? oldFirst(old, query, read) : newFirst(old.reverse(), query, read);
    },
    async delete(tenant, id) {
      refuseFixed(id);
      return stored.delete(tenant, id);
    },
  };
}

type Connectors = Page<ConnectorObject> | undefined;
type Read = (query: PageQuery) => Promise<Connectors>;

async function oldFirst(old: ConnectorObject[], query: PageQuery, read: Read): Promise<Connectors> {
  const at = old.findIndex(({ id }) => id === query.after);
  if (query.after !== undefined && at === -1) return read(query);
  const rest = old.slice(at + 1);
  const data = rest.slice(0, query.limit);
  const room = query.limit - data.length;
  const newer = await read({ ...query, after: undefined, limit: Math.max(room, 1) });
  if (room === 0) return { data, hasMore: rest.length > data.length || (newer?.data.length ?? 0) > 0 };
  return { data: [...data, ...(newer?.data ?? [])], hasMore: newer?.hasMore ?? false };
}

async function newFirst(old: ConnectorObject[], query: PageQuery, read: Read): Promise<Connectors> {
  const at = old.findIndex(({ id }) => id === query.after);
  const newer = at === -1 ? await read(query) : { data: [], hasMore: false };
  if (newer === undefined || newer.hasMore) return newer;
  const rest = old.slice(at + 1);
  const added = rest.slice(0, query.limit - newer.data.length);
  return { data: [...newer.data, ...added], hasMore: added.length < rest.length };
}
