import { describeWith } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ParrotDoors, parrot, startParrotDoors } from "../clients/parrot-doors.ts";
import { oneDoor } from "../doors.ts";

describeWith("llama-server", "a conversation with a real llama-server", () => {
  let parts: ParrotDoors;
  beforeAll(async () => {
    parts = await startParrotDoors();
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  describe.for(oneDoor)("through %s", (door) => {
    test("that would overflow its window goes on with context_management", async () => {
      const client = parts.client(door);
      const words = "apple river stone cloud ".repeat(20);
      const ask = { ...parrot, max_output_tokens: 64 };
      const turns = 12;
      const run = async (fields: object) => {
        let previous: string | undefined;
        const outputs: string[][] = [];
        for (let turn = 0; turn < turns; turn++) {
          const response = await client.responses.create({
            ...ask,
            ...fields,
            input: `say ${turn === turns - 1 ? "apple river" : words}`,
            ...(previous !== undefined && { previous_response_id: previous }),
          });
          expect(response.error).toBeNull();
          previous = response.id;
          outputs.push(response.output.map(({ type }) => type));
        }
        return outputs;
      };

      await expect(run({})).rejects.toMatchObject({ status: 400, code: "context_length_exceeded" });
      // A threshold of its own, and the one that the server's window gives.
      for (const compact_threshold of [1200, null]) {
        const outputs = await run({ context_management: [{ type: "compaction", compact_threshold }] });
        const compacted = outputs.filter((types) => types.includes("compaction")).length;
        expect(outputs.every((types) => types.includes("message"))).toBe(true);
        expect(compacted).toBeGreaterThan(0);
        expect(compacted).toBeLessThan(turns / 2);
      }
    });
  });
});
