import type { ConnectorObject, Page, PageQuery } from "@gateway/protocol";

/** A connector with the headers that go with each of its calls. */
export interface ConnectorRecord {
  connector: ConnectorObject;
  headers: Record<string, string>;
}

/** Keeps connectors to MCP servers, their headers encrypted. Scoped to a tenant like responses. */
export interface ConnectorStore {
  /** Adds a connector, or replaces the one with its id whole. */
  put(tenant: string, record: ConnectorRecord): Promise<void>;
  /** What everybody may see of it. Needs no key: it is there also where the headers' key was lost. */
  get(tenant: string, id: string): Promise<ConnectorObject | undefined>;
  /** What it takes to call the server. Rejects with a 500 ApiError where the headers were sealed under another key. */
  getWithHeaders(tenant: string, id: string): Promise<ConnectorRecord | undefined>;
  /** By time of creation. Undefined when there is none `after`. */
  list(tenant: string, query: PageQuery): Promise<Page<ConnectorObject> | undefined>;
  delete(tenant: string, id: string): Promise<boolean>;
}
