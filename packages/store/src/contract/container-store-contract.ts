import { createHash } from "node:crypto";
import type { ContainerFileRecord, ContainerQuota, ContainerRecord } from "@gateway/engine";
import type { PageQuery } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";

const quota: ContainerQuota = { containers: 3, files: 3, bytes: 100 };

function container(id: string, change: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    ...{ id, name: `Container ${id}`, createdAt: 100, lastActiveAt: 100, expiresAfter: 20 },
    ...{ memoryLimit: "1g", used: false },
    ...change,
  };
}

function file(path: string, content = path): ContainerFileRecord {
  const hash = createHash("sha256").update(content).digest("hex");
  return { id: `cfile_${path}`, path, bytes: content.length, createdAt: 100, source: "user", hash };
}

/** What every implementation of `ContainerStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function containerStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps containers`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("a container is found exactly as it was made, by its tenant alone", async () => {
      const { containers } = store;
      const made = container("a", { expiresAfter: 5, memoryLimit: "4g", used: true });
      expect(await containers.create("acme", made, 100, quota)).toBe("created");
      expect(await containers.get("acme", "a")).toEqual(made);
      expect(await containers.get("other", "a")).toBeUndefined();
      expect(await containers.touch("other", "a", 200, true)).toBe(false);
      expect(await containers.delete("other", "a")).toBe(false);
      expect(await containers.list("other", { limit: 9, order: "asc" })).toMatchObject({ data: [] });
    });

    test("use is noted, and that code has run is never forgotten", async () => {
      const { containers } = store;
      await containers.create("acme", container("a"), 100, quota);
      await containers.touch("acme", "a", 200, true);
      await containers.touch("acme", "a", 300, false);
      expect(await containers.get("acme", "a")).toEqual(container("a", { lastActiveAt: 300, used: true }));
      expect(await containers.idle(300, 9)).toEqual([]);
      expect(await containers.idle(301, 9)).toEqual([{ tenant: "acme", id: "a" }]);
    });

    test("lists are paged in both orders, and by name", async () => {
      const { containers } = store;
      const roomy = { ...quota, containers: 99 };
      const all = ["a", "b", "c", "d", "e"].map((id) => container(id, { name: id < "c" ? "early" : "late" }));
      for (const made of all) await containers.create("acme", made, 100, roomy);
      const ids = all.map(({ id }) => id);
      await expectPagesOf(ids, ["x"], false, (query) => containers.list("acme", query));
      const late = (query: PageQuery) => containers.list("acme", { ...query, name: "late" });
      await expectPagesOf(ids.slice(2), ["x"], false, late);
      expect(await containers.list("acme", { limit: 9, order: "asc", after: "x" })).toBeUndefined();
    });

    test("where there are too many, one that has expired makes room, with its files", async () => {
      const { containers } = store;
      for (const id of ["a", "b", "c"]) await containers.create("acme", container(id), 100, quota);
      await containers.putFile("acme", "a", file("x"), quota);
      expect(await containers.create("acme", container("d"), 101, quota)).toBe("containers_quota");
      expect(await containers.create("other", container("d"), 101, quota)).toBe("created");
      expect(await containers.create("acme", container("d"), 100 + 20 * 60, quota)).toBe("created");
      expect(await containers.get("acme", "a")).toBeUndefined();
      expect(await store.blobs.unused(4e15, 9)).toEqual([file("x").hash]);
    });

    test("files are found as they were put, and one under the same path keeps its id", async () => {
      const { containers } = store;
      await containers.create("acme", container("a"), 100, quota);
      const [first, second] = [file("b.txt"), file("a.txt")];
      expect(await containers.putFile("acme", "a", first, quota)).toEqual(first);
      expect(await containers.putFile("acme", "a", second, quota)).toEqual(second);
      const changed = {
        ...file("b.txt", "changed"),
        id: "cfile_new",
        createdAt: 900,
        source: "assistant",
      } as const;
      const kept = { ...changed, id: first.id, createdAt: 100 };
      expect(await containers.putFile("acme", "a", changed, quota)).toEqual(kept);
      expect(await containers.files("acme", "a")).toEqual([second, kept]);
      expect(await containers.getFile("acme", "a", first.id)).toEqual(kept);
      expect(await store.blobs.unused(4e15, 9)).toEqual([first.hash]);
      const list = (query: PageQuery) => containers.listFiles("acme", "a", query);
      await expectPagesOf([kept.id, second.id], ["x"], false, list);
    });

    test("files of another tenant's container are not there", async () => {
      const { containers } = store;
      await containers.create("acme", container("a"), 100, quota);
      await containers.putFile("acme", "a", file("x"), quota);
      expect(await containers.files("other", "a")).toEqual([]);
      expect(await containers.listFiles("other", "a", { limit: 9, order: "asc" })).toBeUndefined();
      expect(await containers.getFile("other", "a", "cfile_x")).toBeUndefined();
      expect(await containers.deleteFile("other", "a", "cfile_x")).toBe(false);
      expect(await containers.putFile("other", "a", file("y"), quota)).toBe("not_found");
    });

    test("there are no more files and bytes than may be; what is replaced does not count", async () => {
      const { containers } = store;
      await containers.create("acme", container("a"), 100, quota);
      await containers.putFile("acme", "a", file("1", "x".repeat(90)), quota);
      expect(await containers.putFile("acme", "a", file("2", "x".repeat(11)), quota)).toBe("bytes_quota");
      expect(await containers.putFile("acme", "a", file("1", "y".repeat(98)), quota)).toMatchObject({
        bytes: 98,
      });
      for (const path of ["2", "3"]) await containers.putFile("acme", "a", file(path), quota);
      expect(await containers.putFile("acme", "a", file("4"), { ...quota, bytes: 999 })).toBe("files_quota");
    });

    test("what is deleted is gone, and its content is not referred to any more", async () => {
      const { containers } = store;
      await containers.create("acme", container("a"), 100, quota);
      for (const path of ["x", "y"]) await containers.putFile("acme", "a", file(path), quota);
      expect(await containers.deleteFile("acme", "a", "cfile_x")).toBe(true);
      expect(await containers.deleteFile("acme", "a", "cfile_x")).toBe(false);
      expect(await store.blobs.unused(4e15, 9)).toEqual([file("x").hash]);
      expect(await containers.delete("acme", "a")).toBe(true);
      expect(await containers.files("acme", "a")).toEqual([]);
      expect((await store.blobs.unused(4e15, 9)).sort()).toEqual([file("x").hash, file("y").hash].sort());
    });
  });
}
