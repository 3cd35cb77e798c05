import type { ResponseStatus } from "@gateway/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Known, Simulation } from "../testing/idempotency-simulation.ts";

const index = fc.nat({ max: 5 });
const status = fc.constantFrom<ResponseStatus>("completed", "incomplete", "failed", "cancelled");
const step = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constant("send" as const), fc.nat({ max: 1 }), fc.nat({ max: 3 })) },
  // Most of what comes again is the same.
  { weight: 6, arbitrary: fc.tuple(fc.constant("again" as const), fc.nat({ max: 1 }), index) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("begin" as const), index, index) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("end" as const), index, status) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("endAccepted" as const), index, status) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("delete" as const), fc.nat({ max: 1 }), index) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("leave" as const), index, index) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("restart" as const), index, index) },
);

test("whatever comes, ends and restarts in whatever order, a key has one answer, made by one request at a time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const simulation = new Simulation();
      for (const each of steps) {
        const making = simulation.makings[Number(each[1]) % Math.max(1, simulation.makings.length)];
        if (each[0] === "send") await simulation.send(each[1], each[2]);
        else if (each[0] === "again") {
          const known = simulation.known[each[1]] as Known;
          await simulation.send(each[1], known.state === "free" ? each[2] % 4 : known.body);
        } else if (each[0] === "begin" && making !== undefined) await simulation.begin(making);
        else if (each[0] === "end" && making !== undefined) await simulation.end(making, each[2]);
        else if (each[0] === "endAccepted") await simulation.endAccepted(each[1], each[2]);
        else if (each[0] === "delete") await simulation.delete(each[1]);
        else if (each[0] === "leave") await simulation.leave(each[1]);
        else if (each[0] === "restart") await simulation.restart();
        const keys = simulation.makings.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
      }
    }),
    { numRuns: 300 },
  );
});
