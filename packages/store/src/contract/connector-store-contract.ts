import type { ConnectorRecord } from "@gateway/engine";
import { newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";

/** What every implementation of `ConnectorStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function connectorStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps connectors`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    function sample(id: string, headers: Record<string, string> = {}): ConnectorRecord {
      const connector = {
        id,
        object: "connector" as const,
        name: `Connector ${id}`,
        server_url: "https://mcp.example.com/mcp",
        created_at: 100,
      };
      return { connector, headers };
    }

    test("a connector is found exactly as it was given, with its headers or without any", async () => {
      const sealed = sample("docs", { authorization: "Bearer secret", "x-team": "ä\u{1f600}" });
      for (const record of [sealed, sample("plain")]) {
        await store.connectors.put("acme", record);
        const { id } = record.connector;
        expect(await store.connectors.getWithHeaders("acme", id)).toEqual(record);
        expect(await store.connectors.get("acme", id)).toEqual(record.connector);
      }
    });

    test("the same id again replaces all of it, its headers too", async () => {
      await store.connectors.put("acme", sample("docs", { authorization: "old", "x-old": "1" }));
      const replacing = sample("docs", { authorization: "new" });
      replacing.connector.name = "Renamed";
      replacing.connector.created_at = 200;
      await store.connectors.put("acme", replacing);
      expect(await store.connectors.getWithHeaders("acme", "docs")).toEqual(replacing);
      await store.connectors.put("acme", sample("docs"));
      expect((await store.connectors.getWithHeaders("acme", "docs"))?.headers).toEqual({});
      const page = await store.connectors.list("acme", { limit: 9, order: "asc" });
      expect(page?.data).toHaveLength(1);
    });

    test("a list never has headers, and one that was replaced is the newest", async () => {
      for (const id of ["a", "b"]) await store.connectors.put("acme", sample(id, { authorization: "x" }));
      await store.connectors.put("acme", sample("a", { authorization: "y" }));
      const page = await store.connectors.list("acme", { limit: 9, order: "asc" });
      expect(page?.data).toEqual([sample("b").connector, sample("a").connector]);
    });

    test("the same id of two tenants is two connectors", async () => {
      await store.connectors.put("acme", sample("docs", { authorization: "ours" }));
      await store.connectors.put("other", sample("docs", { authorization: "theirs" }));
      expect((await store.connectors.getWithHeaders("acme", "docs"))?.headers).toEqual({
        authorization: "ours",
      });
      expect(await store.connectors.delete("other", "docs")).toBe(true);
      expect(await store.connectors.get("other", "docs")).toBeUndefined();
      expect((await store.connectors.getWithHeaders("acme", "docs"))?.headers).toEqual({
        authorization: "ours",
      });
    });

    test("unknown ids, and another tenant's, are not found by any call", async () => {
      await store.connectors.put("acme", sample("docs"));
      for (const [tenant, id] of [
        ["other", "docs"],
        ["acme", "none"],
      ] as const) {
        expect(await store.connectors.get(tenant, id)).toBeUndefined();
        expect(await store.connectors.getWithHeaders(tenant, id)).toBeUndefined();
        expect(await store.connectors.delete(tenant, id)).toBe(false);
        expect(await store.connectors.list(tenant, { limit: 1, order: "asc", after: id })).toBeUndefined();
      }
    });

    test("the list is by time of creation, from any cursor in both orders", async () => {
      const ids: string[] = [];
      for (let n = 0; n < 9; n++) {
        ids.push(newId("connector"));
        await store.connectors.put("acme", sample(ids[n] as string));
        await store.connectors.put("other", sample(newId("connector")));
      }
      const [gone] = ids.splice(3, 1);
      await store.connectors.delete("acme", gone as string);
      await expectPagesOf(ids, [gone as string], false, (query) => store.connectors.list("acme", query));
    });
  });
}
