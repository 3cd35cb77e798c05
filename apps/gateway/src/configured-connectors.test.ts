import type { PageQuery } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { withConfigured } from "./configured-connectors.ts";
import { memoryConnectors } from "./testing/memory-connectors.ts";

const configured = {
  docs: { server_url: "https://docs.example/mcp", headers: { authorization: "Bearer docs-secret" } },
  wiki: { server_url: "https://wiki.example/mcp", headers: {} },
};

function connector(id: string, created_at = 5) {
  return { id, object: "connector" as const, name: id, server_url: "https://x.example/mcp", created_at };
}

async function storeWith(...ids: string[]) {
  const stored = memoryConnectors();
  for (const id of ids) await stored.put("t", { connector: connector(id), headers: {} });
  return { stored, connectors: withConfigured(stored, configured) };
}

describe("connectors of the configuration", () => {
  test("are found by every tenant, with their headers", async () => {
    const { connectors } = await storeWith();
    const docs = { ...connector("docs", 0), server_url: "https://docs.example/mcp" };
    expect(await connectors.get("anyone", "docs")).toEqual(docs);
    expect(await connectors.getWithHeaders("anyone", "docs")).toEqual({
      connector: docs,
      headers: { authorization: "Bearer docs-secret" },
    });
  });

  test("come before a stored one of the same id, which is not listed twice", async () => {
    const { connectors } = await storeWith("docs", "mine");
    expect((await connectors.get("t", "docs"))?.server_url).toBe("https://docs.example/mcp");
    expect((await connectors.getWithHeaders("t", "mine"))?.connector).toEqual(connector("mine"));
    const page = await connectors.list("t", { limit: 20, order: "asc" });
    expect(page?.data.map(({ id }) => id)).toEqual(["docs", "wiki", "mine"]);
  });

  test("cannot be changed or deleted", async () => {
    const { stored, connectors } = await storeWith();
    const readOnly = expect.objectContaining({ status: 400, code: "connector_read_only" });
    await expect(connectors.put("t", { connector: connector("docs"), headers: {} })).rejects.toEqual(
      readOnly,
    );
    await expect(connectors.delete("t", "docs")).rejects.toEqual(readOnly);
    expect(await stored.get("t", "docs")).toBeUndefined();
  });

  test.for(["asc", "desc"] as const)("are the oldest in a list, however it is paged: %s", async (order) => {
    const { connectors } = await storeWith("a", "b", "c");
    const ascending = ["docs", "wiki", "a", "b", "c"];
    const all = order === "asc" ? ascending : ascending.toReversed();
    for (let limit = 1; limit <= 6; limit++) {
      const seen: string[] = [];
      let query: PageQuery = { limit, order };
      for (;;) {
        const page = await connectors.list("t", query);
        const ids = page?.data.map(({ id }) => id) ?? [];
        expect(ids.length).toBeLessThanOrEqual(limit);
        seen.push(...ids);
        if (!page?.hasMore) break;
        query = { ...query, after: ids.at(-1) };
      }
      expect(seen).toEqual(all);
    }
  });

  test("are listed where nothing is stored, and unknown cursors are told", async () => {
    const { connectors } = await storeWith();
    expect(await connectors.list("t", { limit: 2, order: "asc" })).toMatchObject({ hasMore: false });
    expect(await connectors.list("t", { limit: 2, order: "asc", after: "nothing" })).toBeUndefined();
    expect(await connectors.list("t", { limit: 2, order: "desc", after: "nothing" })).toBeUndefined();
  });
});
