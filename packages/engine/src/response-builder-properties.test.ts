import { internal, type OutputItem } from "@gateway/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "./model-delta.ts";
import type { Outcome } from "./response-builder.ts";
import { arbitraryDeltas, inBatches } from "./testing/arbitrary-turn.ts";
import { drain, EngineWorld } from "./testing/engine-world.ts";
import { accumulateWithClient, readWithClient } from "./testing/read-with-client.ts";
import { callsIn, run } from "./testing/run-builder.ts";
import type { Script } from "./testing/scripted-model.ts";
import { addUsage, noUsage } from "./usage.ts";

const completed: Outcome = { status: "completed" };
const outcomes = fc.constantFrom<Outcome>(
  completed,
  { status: "incomplete", reason: "max_output_tokens" },
  { status: "incomplete", reason: "content_filter" },
  { status: "failed", error: internal("Broken.") },
);
const sizes = fc.array(fc.nat({ max: 5 }), { maxLength: 10 });
const requests = fc.constantFrom({}, { reasoning: { summary: "auto" } });

/** Everything of one kind that the items say, in order. */
function said(output: readonly OutputItem[], kind: "text" | "refusal" | "reasoning"): string {
  return output
    .flatMap((item): string[] => {
      if (item.type !== "reasoning" && item.type !== "message") return [];
      if (item.type === "reasoning") return kind === "reasoning" ? item.content.map((part) => part.text) : [];
      return item.content.map((part) => {
        if (part.type === "refusal") return kind === "refusal" ? part.refusal : "";
        return kind === "text" ? part.text : "";
      });
    })
    .join("");
}

/** What the deltas say themselves, to be compared with the output. White space alone is not said before calls and thoughts. */
function told(deltas: readonly ModelDelta[]) {
  const sum = { text: "", refusal: "", reasoning: "", calls: {} as Record<string, string>, usage: noUsage };
  /** White space that is held back; `over` once a thought has come. */
  let [blank, over] = ["", false];
  let [inMessage, answered] = [false, false];
  for (const delta of deltas) {
    if (delta.kind === "text" && !inMessage && delta.text.trim() === "") {
      blank = over ? delta.text : blank + delta.text;
      over = false;
      continue;
    }
    if (delta.kind === "reasoning") [over, inMessage] = [true, false];
    else if (delta.kind === "call") [blank, inMessage, answered] = ["", false, true];
    else if (delta.kind !== "arguments" && delta.kind !== "usage") {
      if (!over) sum.text += blank;
      [blank, inMessage, answered] = ["", true, true];
    }
    if (blank === "") over = false;

    if (delta.kind === "text" || delta.kind === "refusal" || delta.kind === "reasoning") {
      sum[delta.kind] += delta.text;
    } else if (delta.kind === "call") sum.calls[delta.callId] = "";
    else if (delta.kind === "arguments") sum.calls[`call_${delta.key}`] += delta.text;
    else if (delta.kind === "usage") sum.usage = addUsage(sum.usage, delta.usage);
  }
  const ids = Object.keys(sum.calls);
  if (!answered) sum.text += blank;
  for (const id of ids) sum.calls[id] = sum.calls[id]?.trimEnd() ?? "";
  return sum;
}

function inWords(text: string): string {
  return text.replaceAll(/\s/g, "");
}

describe("whatever a model says", () => {
  test("the stream is legal and the output is what was said", () => {
    fc.assert(
      fc.property(arbitraryDeltas, sizes, outcomes, requests, (deltas, batches, outcome, fields) => {
        const { response } = run(inBatches(deltas, batches), outcome, fields).builder;
        const expected = told(deltas);
        if (outcome.status === "completed") {
          for (const id of Object.keys(expected.calls)) expected.calls[id] ||= "{}";
        }
        expect(said(response.output, "text")).toBe(expected.text);
        expect(said(response.output, "refusal")).toBe(expected.refusal);
        expect(said(response.output, "reasoning")).toBe(expected.reasoning);
        expect(callsIn(response.output)).toEqual(expected.calls);
        expect(response.usage).toEqual(expected.usage);
      }),
      { numRuns: 2000 },
    );
  }, 120_000);

  test("a stream that is cut anywhere is closed and legal", () => {
    fc.assert(
      fc.property(arbitraryDeltas, fc.nat({ max: 30 }), outcomes, (deltas, length, outcome) => {
        run([deltas.slice(0, length)], outcome);
      }),
      { numRuns: 1000 },
    );
  });

  test("a cancelled response has closed items and no terminal event", () => {
    fc.assert(
      fc.property(arbitraryDeltas, fc.nat({ max: 30 }), (deltas, length) => {
        const { builder, events } = run([deltas.slice(0, length)], { status: "cancelled" });
        const { response } = builder;
        expect(response).toMatchObject({ status: "cancelled", completed_at: null, error: null });
        expect(response.output.every(({ status }) => status !== "in_progress")).toBe(true);
        const done = events.filter(({ type }) => type === "response.output_item.done");
        expect(done).toHaveLength(response.output.length);
        expect(events.some(({ type }) => /completed|incomplete|failed/.test(type))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("the batches it comes in make no difference", () => {
    fc.assert(
      fc.property(arbitraryDeltas, sizes, outcomes, (deltas, batches, outcome) => {
        expect(run(inBatches(deltas, batches), outcome).events).toEqual(run([deltas], outcome).events);
      }),
      { numRuns: 200 },
    );
  });

  test("the official client reads it without complaint and comes to the same response", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryDeltas,
        outcomes,
        requests,
        fc.boolean(),
        async (deltas, outcome, fields, obfuscate) => {
          const { builder, events } = run([deltas], outcome, fields);
          const { output, id, status, error } = builder.response;
          expect(accumulateWithClient(events).output).toEqual(output);
          const final = await readWithClient(events, obfuscate);
          expect(final).toMatchObject({ id, status, error });
          expect(final.output).toMatchObject(structuredClone(output));
          expect(final.output_text).toBe(said(output, "text"));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("whatever a model says to the engine", () => {
  const tools = ["tool_0", "tool_1"].map((name) => ({ type: "function", name }));
  const one = { type: "function", name: "tool_1" };
  const choices = fc.constantFrom<unknown>("auto", "none", {
    type: "allowed_tools",
    mode: "auto",
    tools: [one],
  });
  const finishes = fc.constantFrom("stop" as const, "tool_calls" as const, "length" as const);

  test("the stream is legal, the policy is kept, and what is told is what is stored", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryDeltas,
        sizes,
        choices,
        fc.boolean(),
        finishes,
        async (deltas, batches, tool_choice, parallel_tool_calls, reason) => {
          const turn: Script = inBatches<ModelDelta>([...deltas, { kind: "finish", reason }], batches);
          // A turn of calls that may not be made, and nothing else, is asked for once more.
          const world = new EngineWorld(turn, [[{ kind: "finish", reason: "stop" }]]);
          const events = await drain(
            world.respond({ tools, tool_choice, parallel_tool_calls, stream: true }),
          );
          const last = events.at(-1);
          const response = last && "response" in last ? last.response : undefined;
          expect(response?.status).toBe(reason === "length" ? "incomplete" : "completed");
          expect(world.stored()).toEqual(response);
          const names = (response?.output ?? []).flatMap((item) =>
            item.type === "function_call" ? [item.name] : [],
          );
          if (tool_choice === "none") expect(names).toEqual([]);
          if (typeof tool_choice === "object") expect(names).not.toContain("tool_0");
          if (!parallel_tool_calls) expect(names.length).toBeLessThanOrEqual(1);
          // White space may be alone where calls are dropped.
          expect(inWords(said(response?.output ?? [], "text"))).toBe(inWords(told(deltas).text));
        },
      ),
      { numRuns: 300 },
    );
  });
});
