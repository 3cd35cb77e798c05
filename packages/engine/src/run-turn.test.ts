import { describe, expect, test } from "vitest";
import { drain, EngineWorld, say } from "./testing/engine-world.ts";
import { accumulateWithClient } from "./testing/read-with-client.ts";

const look = { type: "function", name: "look" };

describe("a turn that the model is asked for twice", () => {
  test("has a thought of each try", async () => {
    const world = new EngineWorld(
      [[say.reasoning("first"), say.text("I would rather talk."), say.stop, say.usage(1, 1)]],
      [[say.reasoning("second"), say.call(0, "look"), say.args(0, "{}"), say.toolCalls, say.usage(1, 1)]],
    );
    const events = await drain(world.respond({ tools: [look], tool_choice: "required", stream: true }));
    const { output } = world.stored();
    expect(output).toMatchObject([
      { type: "reasoning", status: "completed", content: [{ text: "first" }] },
      { type: "reasoning", status: "completed", content: [{ text: "second" }] },
      { type: "function_call", name: "look" },
    ]);
    expect(accumulateWithClient(events).output).toEqual(output);
  });

  test("ends the first thought before the model is asked again", async () => {
    const again = Promise.withResolvers<void>();
    const world = new EngineWorld(
      [[say.reasoning("first"), say.text("No."), say.stop]],
      [again.promise, [say.call(0, "look"), say.args(0, "{}"), say.toolCalls]],
    );
    const seen: string[] = [];
    for await (const batch of world.respond({ tools: [look], tool_choice: "required", stream: true })) {
      seen.push(...batch.map(({ type }) => type));
      if (seen.includes("response.output_item.done")) again.resolve();
    }
    expect(seen.at(-1)).toBe("response.completed");
  });
});
