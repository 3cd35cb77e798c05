import type { Claim, RequestKey } from "@gateway/engine";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";

type Opened = Pick<Store, "idempotency" | "close">;

/** What every implementation of `IdempotencyStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function idempotencyStoreContract(name: string, open: () => Opened | Promise<Opened>): void {
  describe(`${name} keeps claims of idempotency keys`, () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    const key: RequestKey = { tenant: "acme", path: "/v1/responses", key: "k1" };
    function claim(responseId: string, replaced?: string, of = key): Promise<Claim | undefined> {
      return opened.idempotency.claim(of, { responseId, bodyHash: `hash of ${responseId}` }, 100, replaced);
    }
    const claimOf = (responseId: string) => ({ responseId, bodyHash: `hash of ${responseId}` });

    test("a key is claimed once; whoever comes later is given the claim", async () => {
      expect(await claim("resp_1")).toBeUndefined();
      expect(await claim("resp_2")).toEqual(claimOf("resp_1"));
      expect(await claim("resp_1")).toEqual(claimOf("resp_1"));
    });

    test("of many who claim a key at once, one wins and all others are told who", async () => {
      const ids = Array.from({ length: 50 }, (_, n) => `resp_${n}`);
      const claims = await Promise.all(ids.map((id) => claim(id)));
      expect(claims.filter((existing) => existing === undefined)).toHaveLength(1);
      const winner = ids[claims.indexOf(undefined)] ?? "";
      expect(claims.filter((existing) => existing?.responseId === winner)).toHaveLength(49);
    });

    test("the same key of another tenant, of another path and in other letters is another key", async () => {
      const others = [
        { ...key, tenant: "other" },
        { ...key, path: "/v1/other" },
        { ...key, key: "K1" },
        // Where one part ends and the next begins matters, too.
        { ...key, tenant: "acme/v1", path: "/responses" },
      ];
      await claim("resp_1");
      for (const [n, other] of others.entries()) {
        expect(await claim(`resp_other_${n}`, undefined, other)).toBeUndefined();
        await opened.idempotency.complete(other, `resp_other_${n}`, "theirs");
      }
      expect(await claim("resp_2")).toEqual(claimOf("resp_1"));
    });

    test("a claim is replaced by who names its response, and then by nobody else who does", async () => {
      await claim("resp_1");
      expect(await claim("resp_2", "resp_0")).toEqual(claimOf("resp_1"));
      const claims = await Promise.all(["resp_3", "resp_4"].map((id) => claim(id, "resp_1")));
      expect(claims).toEqual([undefined, claimOf("resp_3")]);
      expect(await claim("resp_5")).toEqual(claimOf("resp_3"));
    });

    test("a name that nobody has claimed yet is not in the way", async () => {
      expect(await claim("resp_1", "resp_0")).toBeUndefined();
      expect(await claim("resp_2")).toEqual(claimOf("resp_1"));
    });

    test("an answer stays with its claim, exactly as it was given, and goes when that is replaced", async () => {
      const answer = `sealed \u{1f600} ${"x".repeat(300_000)}\0end`;
      await claim("resp_1");
      await opened.idempotency.complete(key, "resp_1", answer);
      expect(await claim("resp_2")).toEqual({ ...claimOf("resp_1"), answer });
      expect(await claim("resp_2", "resp_1")).toBeUndefined();
      expect(await claim("resp_3")).toEqual(claimOf("resp_2"));
    });

    test("an answer to a claim that was replaced, or was never made, is not kept", async () => {
      await opened.idempotency.complete(key, "resp_1", "too early");
      await claim("resp_1");
      await claim("resp_2", "resp_1");
      await opened.idempotency.complete(key, "resp_1", "too late");
      expect(await claim("resp_3")).toEqual(claimOf("resp_2"));
    });

    test("what is forgotten is free again, with all keys of the response, and nothing else is", async () => {
      const second = { ...key, key: "k2" };
      await claim("resp_1");
      await claim("resp_1", undefined, second);
      await claim("resp_2", undefined, { ...key, key: "k3" });
      await opened.idempotency.complete(second, "resp_1", "kept");
      expect(await opened.idempotency.forget("other", "resp_1")).toBe(false);
      expect(await opened.idempotency.forget("acme", "resp_none")).toBe(false);
      expect(await opened.idempotency.forget("acme", "resp_1")).toBe(true);
      expect(await opened.idempotency.forget("acme", "resp_1")).toBe(false);
      // A response without an answer of its own here: its claim goes, too.
      expect(await opened.idempotency.forget("acme", "resp_2")).toBe(false);
      for (const free of ["k1", "k2", "k3"]) {
        expect(await claim("resp_new", undefined, { ...key, key: free })).toBeUndefined();
      }
    });

    test("any sequence of calls leaves what a plain list of claims would have", async () => {
      const [keys, ids] = [fc.nat({ max: 2 }), fc.nat({ max: 3 }).map((n) => `resp_${n}`)];
      const step = fc.oneof(
        fc.record({
          call: fc.constant("claim" as const),
          key: keys,
          id: ids,
          replaced: fc.option(ids, { nil: undefined }),
        }),
        fc.record({ call: fc.constant("complete" as const), key: keys, id: ids, answer: fc.string() }),
        fc.record({ call: fc.constant("forget" as const), id: ids }),
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const tenant = `tenant ${run++}`;
          const model = new Map<number, Claim>();
          for (const each of steps) {
            if (each.call === "forget") {
              const gone = [...model].filter(([, { responseId }]) => responseId === each.id);
              for (const [n] of gone) model.delete(n);
              const hadAnswer = gone.some(([, { answer }]) => answer !== undefined);
              expect(await opened.idempotency.forget(tenant, each.id)).toBe(hadAnswer);
              continue;
            }
            const of = { ...key, tenant, key: `k${each.key}` };
            const existing = model.get(each.key);
            if (each.call === "complete") {
              await opened.idempotency.complete(of, each.id, each.answer);
              if (existing?.responseId === each.id) existing.answer = each.answer;
            } else {
              const found = await claim(each.id, each.replaced, of);
              const isFree = existing === undefined || existing.responseId === each.replaced;
              expect(found).toEqual(isFree ? undefined : existing);
              if (isFree) model.set(each.key, claimOf(each.id));
            }
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}
