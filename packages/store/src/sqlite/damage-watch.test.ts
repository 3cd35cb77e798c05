import { internal } from "@gateway/protocol";
import { waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { DamageWatch } from "./damage-watch.ts";

class Faulty {
  error: unknown;
  readonly #own = "value";
  async read(word: string): Promise<string> {
    if (this.error !== undefined) throw this.error;
    return word + this.#own;
  }
  plain(): string {
    return this.#own;
  }
}

const withCode = (code: string) => Object.assign(new Error("inside"), { code });
const toClient = (code: string) => internal("no", { code: "storage_error", cause: withCode(code) });

/** A store behind a watch whose verifications say what the test wants. */
function openWatch() {
  const world = { isWhole: false, verified: 0, forgotten: 0 };
  const watch = new DamageWatch(
    async () => {
      world.verified++;
      return world.isWhole;
    },
    () => world.forgotten++,
  );
  const store = new Faulty();
  return { world, watch, store, watched: watch.over(store) };
}

test("calls give what the store gives, and fail as it fails", async () => {
  const { store, watched, watch } = openWatch();
  expect(await watched.read("my ")).toBe("my value");
  expect(watched.plain()).toBe("value");
  store.error = new Error("anything");
  await expect(watched.read("x")).rejects.toBe(store.error);
  expect(watch.isMet).toBe(false);
});

test.for([
  "SQLITE_CORRUPT",
  "SQLITE_CORRUPT_INDEX",
  "SQLITE_NOTADB",
  "SQLITE_IOERR_READ",
  "SQLITE_IOERR_SHORT_READ",
])("%s is damage until a verification finds none", async (code) => {
  const { store, watched, watch, world } = openWatch();
  store.error = toClient(code);
  await expect(watched.read("x")).rejects.toBe(store.error);
  expect(watch.isMet).toBe(true);
  await waitFor(() => watch.isMet && world.verified > 1, { what: "a second verification" });
  expect(world.forgotten).toBe(0);
  world.isWhole = true;
  await waitFor(() => !watch.isMet, { what: "the damage to be forgotten" });
  expect(world.forgotten).toBe(1);
  const { verified } = world;
  expect(watch.isMet).toBe(false);
  expect(world.verified).toBe(verified);
});

test.for(["SQLITE_FULL", "SQLITE_BUSY", "SQLITE_READONLY", "SQLITE_IOERR_WRITE"])(
  "%s says nothing about what is there",
  async (code) => {
    const { store, watched, watch } = openWatch();
    store.error = toClient(code);
    await expect(watched.read("x")).rejects.toBe(store.error);
    expect(watch.isMet).toBe(false);
  },
);

test("only one verification runs at a time, however often one looks", async () => {
  const running = Promise.withResolvers<boolean>();
  let verified = 0;
  const watch = new DamageWatch(
    () => {
      verified++;
      return running.promise;
    },
    () => {},
  );
  const store = new Faulty();
  store.error = withCode("SQLITE_CORRUPT");
  await expect(watch.over(store).read("x")).rejects.toBe(store.error);
  for (let n = 0; n < 10; n++) expect(watch.isMet).toBe(true);
  expect(verified).toBe(1);
  running.resolve(true);
  await waitFor(() => !watch.isMet, { what: "the damage to be forgotten" });
});
