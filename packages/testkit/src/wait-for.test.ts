import { expect, test } from "vitest";
import { waitFor } from "./wait-for.ts";

test("gives the first truthy value of the condition", async () => {
  let looks = 0;
  const value = await waitFor(() => (++looks === 3 ? "third" : undefined), {
    what: "the third look",
    everyMs: 1,
  });
  expect(value).toBe("third");
  expect(looks).toBe(3);
});

test("takes an async condition, and a throw as not yet", async () => {
  let looks = 0;
  const condition = async () => {
    looks += 1;
    if (looks < 3) throw new Error("still starting");
    return { looks };
  };
  expect(await waitFor(condition, { what: "the start", everyMs: 1 })).toEqual({ looks: 3 });
});

test("names what was waited for and why it did not come", async () => {
  const cause = new Error("connection refused");
  const waiting = waitFor(
    () => {
      throw cause;
    },
    { what: "the admin port", timeoutMs: 20, everyMs: 1 },
  );
  await expect(waiting).rejects.toMatchObject({
    message: "Timed out after 20 ms waiting for the admin port: connection refused",
    cause,
  });
});

test("an aborted signal ends the wait with its reason", async () => {
  const abort = new AbortController();
  const waiting = waitFor(() => false, { what: "nothing", everyMs: 1, signal: abort.signal });
  abort.abort(new Error("the child is gone"));
  await expect(waiting).rejects.toThrow("the child is gone");
});
