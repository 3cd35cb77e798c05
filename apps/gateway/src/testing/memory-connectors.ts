import type { ConnectorRecord, ConnectorStore } from "@gateway/engine";
import { pageOf } from "@gateway/protocol";

/** Connectors in memory, for tests. */
export function memoryConnectors(): ConnectorStore {
  const tenants = new Map<string, Map<string, ConnectorRecord>>();
  const of = (tenant: string) => {
    const records = tenants.get(tenant) ?? new Map<string, ConnectorRecord>();
    tenants.set(tenant, records);
    return records;
  };
  return {
    async put(tenant, record) {
      of(tenant).set(record.connector.id, record);
    },
    get: async (tenant, id) => of(tenant).get(id)?.connector,
    getWithHeaders: async (tenant, id) => of(tenant).get(id),
    list: async (tenant, query) =>
      pageOf(
        [...of(tenant).values()].map(({ connector }) => connector),
        query,
      ),
    delete: async (tenant, id) => of(tenant).delete(id),
  };
}
