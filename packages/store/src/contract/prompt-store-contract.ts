import type { PromptContent } from "@gateway/engine";
import { newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";

/** What every implementation of `PromptStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function promptStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps prompts`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    function content(text: string, promptName: string | null = null): PromptContent {
      return { name: promptName, prompt: `${text} {{city}}`, variables: ["city"] };
    }

    async function create(versions = 1): Promise<string> {
      const id = newId("pmpt");
      await store.prompts.create("acme", id, content("v1"), 100);
      for (let n = 1; n < versions; n++) {
        const change = {
          content: content(`v${n + 1}`),
          replaces: String(n),
          makeDefault: false,
          now: 100 + n,
        };
        await store.prompts.addVersion("acme", id, change);
      }
      return id;
    }

    test("a prompt begins as version 1, which is the default", async () => {
      const id = newId("pmpt");
      const created = await store.prompts.create("acme", id, content("Weather in", "weather"), 100);
      expect(created).toEqual({
        id,
        object: "prompt",
        name: "weather",
        prompt: "Weather in {{city}}",
        variables: ["city"],
        version: "1",
        default_version: "1",
        created_at: 100,
      });
      expect(await store.prompts.get("acme", id)).toEqual(created);
      expect(await store.prompts.get("acme", id, "1")).toEqual(created);
    });

    test("a version is added on top of the latest and leaves the default, unless told to be it", async () => {
      const id = await create();
      const change = { content: content("two"), replaces: "1", makeDefault: false, now: 200 };
      const second = await store.prompts.addVersion("acme", id, change);
      expect(second).toMatchObject({ version: "2", default_version: "1", created_at: 200 });
      expect(await store.prompts.get("acme", id, "2")).toEqual(second);
      expect((await store.prompts.get("acme", id))?.version).toBe("1");
      const third = await store.prompts.addVersion("acme", id, {
        ...change,
        replaces: "2",
        makeDefault: true,
      });
      expect(third).toMatchObject({ version: "3", default_version: "3" });
      expect((await store.prompts.get("acme", id))?.version).toBe("3");
      expect(await store.prompts.get("acme", id, "1")).toMatchObject({ version: "1", default_version: "3" });
    });

    test("a change of what is not the latest is stale and writes nothing", async () => {
      const id = await create(2);
      for (const replaces of ["1", "3", "0", "02", "latest", ""]) {
        const change = { content: content("x"), replaces, makeDefault: true, now: 200 };
        expect(await store.prompts.addVersion("acme", id, change)).toBe("stale");
      }
      expect(await store.prompts.get("acme", id)).toMatchObject({ version: "1", default_version: "1" });
    });

    test("of two changes of the same version at once, one wins", async () => {
      const id = await create();
      const results = await Promise.all(
        ["a", "b"].map((text) =>
          store.prompts.addVersion("acme", id, {
            ...{ content: content(text), replaces: "1", makeDefault: false, now: 200 },
          }),
        ),
      );
      expect(results.filter((result) => result === "stale")).toHaveLength(1);
      expect((await store.prompts.versions("acme", id, { limit: 9, order: "asc" }))?.data).toHaveLength(2);
    });

    test("the default is set to any version there is", async () => {
      const id = await create(3);
      expect(await store.prompts.setDefault("acme", id, "2")).toMatchObject({
        version: "2",
        default_version: "2",
      });
      expect((await store.prompts.get("acme", id))?.version).toBe("2");
      for (const version of ["4", "0", "02", "x", ""]) {
        expect(await store.prompts.setDefault("acme", id, version)).toBeUndefined();
      }
      expect((await store.prompts.get("acme", id))?.version).toBe("2");
    });

    test("unknown prompts and versions, and another tenant's, are not found by any call", async () => {
      const id = await create();
      const change = { content: content("x"), replaces: "1", makeDefault: false, now: 1 };
      for (const [tenant, unknown] of [
        ["other", id],
        ["acme", "pmpt_none"],
      ] as const) {
        expect(await store.prompts.get(tenant, unknown)).toBeUndefined();
        expect(await store.prompts.get(tenant, unknown, "1")).toBeUndefined();
        expect(await store.prompts.versions(tenant, unknown, { limit: 1, order: "asc" })).toBeUndefined();
        expect(await store.prompts.list(tenant, { limit: 1, order: "asc", after: unknown })).toBeUndefined();
        expect(await store.prompts.addVersion(tenant, unknown, change)).toBeUndefined();
        expect(await store.prompts.setDefault(tenant, unknown, "1")).toBeUndefined();
        expect(await store.prompts.delete(tenant, unknown)).toBe(false);
      }
      for (const version of ["2", "01", "1.0", "-1", ""]) {
        expect(await store.prompts.get("acme", id, version)).toBeUndefined();
      }
    });

    test("a deleted prompt is gone with all its versions, and its id is free", async () => {
      const id = await create(3);
      expect(await store.prompts.delete("acme", id)).toBe(true);
      expect(await store.prompts.delete("acme", id)).toBe(false);
      expect(await store.prompts.get("acme", id, "2")).toBeUndefined();
      await store.prompts.create("acme", id, content("new"), 300);
      expect((await store.prompts.versions("acme", id, { limit: 9, order: "asc" }))?.data).toHaveLength(1);
    });

    test("the list has the latest version of each, by time of creation of the prompt", async () => {
      const ids = [];
      for (let n = 0; n < 8; n++) {
        ids.push(await create());
        await store.prompts.create("other", newId("pmpt"), content("x"), 1);
      }
      const oldest = ids[0] as string;
      await store.prompts.addVersion("acme", oldest, {
        ...{ content: content("newer"), replaces: "1", makeDefault: false, now: 999 },
      });
      await expectPagesOf(ids, ["pmpt_none"], false, (query) => store.prompts.list("acme", query));
      const page = await store.prompts.list("acme", { limit: 1, order: "asc" });
      expect(page?.data).toMatchObject([{ id: oldest, version: "2", default_version: "1" }]);
    });

    test("versions are listed by number, from any version, beyond the ninth too", async () => {
      const id = await create(12);
      const versions = Array.from({ length: 12 }, (_, n) => String(n + 1));
      await expectPagesOf(versions, ["13", "0", "01", "x"], false, async (query) => {
        const page = await store.prompts.versions("acme", id, query);
        return page && { ...page, data: page.data.map(({ version }) => ({ id: version })) };
      });
    });
  });
}
