import type { ModelDelta } from "@gateway/engine";
import { describe, expect, test } from "vitest";
import { CallTracker } from "./call-tracker.ts";
import type { ToolCallFragment } from "./chat-chunk.ts";

interface Call {
  callId: string;
  name: string;
  arguments: string;
}

function deltasOf(fragments: ToolCallFragment[], knownIds: string[] = []): ModelDelta[] {
  const tracker = new CallTracker(() => knownIds);
  const deltas: ModelDelta[] = [];
  for (const fragment of fragments) tracker.push(fragment, deltas);
  tracker.flush(deltas);
  return deltas;
}

/** The calls as a builder would put them together. */
function track(fragments: ToolCallFragment[], knownIds: string[] = []): Call[] {
  const calls: Call[] = [];
  for (const delta of deltasOf(fragments, knownIds)) {
    if (delta.kind === "call") calls[delta.key] = { callId: delta.callId, name: delta.name, arguments: "" };
    const call = delta.kind === "arguments" ? calls[delta.key] : undefined;
    if (call !== undefined && delta.kind === "arguments") call.arguments += delta.text;
  }
  return calls;
}

const piece = (
  index: number | undefined,
  id: string | null | undefined,
  name?: string | null,
  args?: unknown,
): ToolCallFragment => ({
  index,
  id,
  function: { name, arguments: args },
});
const minted = expect.stringMatching(/^call_[0-9a-f]{32}$/);

describe("one call", () => {
  test("in pieces is put together, piece by piece", () => {
    expect(
      deltasOf([
        piece(0, "call_1", "f", ""),
        piece(0, undefined, undefined, '{"a'),
        piece(0, undefined, undefined, '":1}'),
      ]),
    ).toEqual([
      { kind: "call", key: 0, callId: "call_1", name: "f" },
      { kind: "arguments", key: 0, text: '{"a' },
      { kind: "arguments", key: 0, text: '":1}' },
    ]);
  });

  test("with its arguments as an object gets them as JSON text", () => {
    expect(track([piece(0, "c", "f", { a: 1 })])).toEqual([{ callId: "c", name: "f", arguments: '{"a":1}' }]);
  });

  test("without arguments is passed on at the end", () => {
    expect(track([piece(0, "c", "f")])).toEqual([{ callId: "c", name: "f", arguments: "" }]);
  });

  test("whose name and id repeat in every piece stays one", () => {
    const fragments = [
      piece(0, "c", "f", ""),
      piece(0, "c", "f", '{"a"'),
      piece(0, "c", "f", ":1}"),
      piece(0, "c", "f", ""),
    ];
    expect(track(fragments)).toEqual([{ callId: "c", name: "f", arguments: '{"a":1}' }]);
  });

  test("whose id is another one in every piece stays one", () => {
    expect(
      track([piece(0, "x1", "f", ""), piece(0, "x2", "f", '{"a"'), piece(0, "x3", null, ":1}")]),
    ).toEqual([{ callId: "x1", name: "f", arguments: '{"a":1}' }]);
  });

  test("whose name comes in pieces has it whole", () => {
    expect(
      track([piece(0, "c", "get_"), piece(0, null, "weather"), piece(0, null, null, "{}")]),
    ).toMatchObject([{ name: "get_weather" }]);
  });

  test("whose name grows from piece to piece has the longest", () => {
    expect(
      track([piece(0, "c", "get"), piece(0, "c", "get_weather"), piece(0, null, null, "{}")]),
    ).toMatchObject([{ name: "get_weather" }]);
  });

  test("whose id comes with the second piece keeps that id", () => {
    expect(track([piece(0, "", "f"), piece(0, "late", null, "{}")])).toEqual([
      { callId: "late", name: "f", arguments: "{}" },
    ]);
  });

  test("whose id comes too late, or never, gets one of ours", () => {
    expect(track([piece(0, null, "f", "{"), piece(0, "late", null, "}")])).toEqual([
      { callId: minted, name: "f", arguments: "{}" },
    ]);
  });

  test("whose name comes after its arguments is passed on whole", () => {
    expect(track([piece(0, "c", null, '{"a"'), piece(0, null, "f", ":1}")])).toEqual([
      { callId: "c", name: "f", arguments: '{"a":1}' },
    ]);
  });

  test("that the server says once more at the end is not called twice", () => {
    expect(
      track([piece(0, "c", "f", '{"a"'), piece(0, null, null, ":1}"), piece(0, "c", "f", '{"a":1}')]),
    ).toHaveLength(1);
  });

  test("without a name is garbage", () => {
    expect(() => track([piece(0, "c", null, "{}")])).toThrowError(
      expect.objectContaining({ code: "upstream_garbage" }),
    );
  });
});

describe("several calls", () => {
  test("are told apart by index, even when their pieces come in turn", () => {
    const fragments = [
      piece(0, "a", "f", "{"),
      piece(1, "b", "g", "["),
      piece(0, null, null, "}"),
      piece(1, null, null, "]"),
    ];
    expect(track(fragments)).toEqual([
      { callId: "a", name: "f", arguments: "{}" },
      { callId: "b", name: "g", arguments: "[]" },
    ]);
  });

  test("of one index, each whole, are told apart by being whole", () => {
    const fragments = [
      piece(0, "a", "f", '{"x":1}'),
      piece(0, "b", "f", '{"x":2}'),
      piece(0, "c", "g", "{}"),
    ];
    expect(track(fragments).map(({ callId }) => callId)).toEqual(["a", "b", "c"]);
  });

  test("of one index without arguments are told apart by id and name", () => {
    expect(track([piece(0, "a", "f", ""), piece(0, "b", "g", "")])).toMatchObject([
      { name: "f" },
      { name: "g" },
    ]);
  });

  test("without index are told apart by id", () => {
    const fragments = [
      piece(undefined, "a", "f", ""),
      piece(undefined, "b", "f", ""),
      piece(undefined, "a", null, "{}"),
      piece(undefined, "b", null, "[]"),
    ];
    expect(track(fragments)).toEqual([
      { callId: "a", name: "f", arguments: "{}" },
      { callId: "b", name: "f", arguments: "[]" },
    ]);
  });

  test("without index and id are told apart by being whole", () => {
    expect(
      track([
        piece(undefined, undefined, "f", '{"a":'),
        piece(undefined, undefined, null, "1}"),
        piece(undefined, undefined, "g", "{}"),
      ]),
    ).toEqual([
      { callId: minted, name: "f", arguments: '{"a":1}' },
      { callId: minted, name: "g", arguments: "{}" },
    ]);
  });

  test("with the same id get different ones", () => {
    const [first, second] = track([piece(0, "call_0", "f", "{}"), piece(1, "call_0", "g", "{}")]);
    expect(first).toEqual({ callId: "call_0", name: "f", arguments: "{}" });
    expect(second).toEqual({ callId: minted, name: "g", arguments: "{}" });
  });

  test("with an id of an earlier turn, or one that is too long, get one of ours", () => {
    const calls = track(
      [piece(0, "call_0", "f", "{}"), piece(1, "x".repeat(65), "g", "{}"), piece(2, "call_1", "h", "{}")],
      ["call_0"],
    );
    expect(calls.map(({ callId }) => callId)).toEqual([minted, minted, "call_1"]);
  });
});
