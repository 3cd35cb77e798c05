import type { Tool, ToolChoice } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { offerOf } from "./testing/offer-of.ts";
import { ToolGate } from "./tool-gate.ts";
import { toToolPolicy } from "./tool-policy.ts";
import type { ServerTool } from "./tools/server-tool.ts";
import { noUsage } from "./usage.ts";

const tools: Tool[] = [
  { type: "function", name: "a" },
  { type: "function", name: "b" },
];
const text = (value: string): ModelDelta => ({ kind: "text", text: value });
const call = (key: number, name: string): ModelDelta => ({ kind: "call", key, callId: `call_${key}`, name });
const args = (key: number): ModelDelta => ({ kind: "arguments", key, text: "{}" });
const refusal: ModelDelta = { kind: "refusal", text: "No." };
const reasoning: ModelDelta = { kind: "reasoning", text: "Hm." };
const annotation: ModelDelta = { kind: "annotation", annotation: { type: "url_citation" } };
const usage: ModelDelta = { kind: "usage", usage: noUsage };
const finish = (reason: FinishReason = "stop"): ModelDelta => ({ kind: "finish", reason });

function open(choice: ToolChoice, parallel = true, ...servers: string[]): ToolGate {
  return new ToolGate(toToolPolicy(offerOf(tools, ...servers), choice, parallel));
}

const named: ToolChoice = { type: "function", name: "a" };
const allowed: ToolChoice = { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "b" }] };
const requiredB: ToolChoice = { ...allowed, mode: "required" };

describe("calls outside the policy are dropped with their arguments", () => {
  test.each<[string, ToolChoice, string[], string[]]>([
    ["auto lets all declared functions pass", "auto", ["a", "b"], ["x"]],
    ["none lets nothing pass", "none", [], ["a", "b", "x"]],
    ["required lets all declared functions pass", "required", ["a", "b"], ["x"]],
    ["a name lets that one pass", named, ["a"], ["b", "x"]],
    ["allowed tools let the subset pass", allowed, ["b"], ["a", "x"]],
    ["required allowed tools let the subset pass", requiredB, ["b"], ["a", "x"]],
  ])("%s", (_name, choice, passing, dropped) => {
    const gate = open(choice);
    const names = ["a", "b", "x"];
    const passed = gate.pass(names.flatMap((name, key) => [call(key, name), args(key)]));
    const expected = names.flatMap((name, key) =>
      passing.includes(name) ? [call(key, name), args(key)] : [],
    );
    expect(passed).toEqual(expected);
    expect(gate.dropped).toEqual(dropped);
  });

  test("also when their arguments come in later batches", () => {
    const gate = open(named);
    gate.pass([call(0, "x"), call(1, "a")]);
    expect(gate.pass([args(0), args(1)])).toEqual([args(1)]);
  });

  test("and every call after the first where parallel calls are off", () => {
    const gate = open("auto", false);
    expect(gate.pass([call(0, "a"), args(0), call(1, "b"), args(1)])).toEqual([call(0, "a"), args(0)]);
    expect(gate.pass([call(2, "a"), args(2), args(0)])).toEqual([args(0)]);
    expect(gate.dropped).toEqual(["b", "a"]);
  });

  test("but a dropped call does not count as the first", () => {
    const gate = open(allowed, false);
    expect(gate.pass([call(0, "x"), call(1, "b")])).toEqual([call(1, "b")]);
  });
});

describe("where no call is compulsory", () => {
  test.each<ToolChoice>(["auto", "none", allowed])("everything else goes on at once (%j)", (choice) => {
    const gate = open(choice);
    const deltas = [reasoning, text("a"), annotation, refusal, usage];
    expect(gate.pass([...deltas, finish()])).toEqual(deltas);
    expect(gate.unsatisfied).toBe(false);
    expect(gate.finish).toBe("stop");
    expect(gate.release()).toEqual([]);
  });
});

describe.each<[ToolChoice, string]>([
  ["required", "a"],
  [named, "a"],
  [requiredB, "b"],
])("where a call is compulsory (%j)", (choice, tool) => {
  test("text is held until the call comes, and then goes before it", () => {
    const gate = open(choice);
    expect(gate.pass([text("Let me "), annotation])).toEqual([]);
    expect(gate.pass([text("see.")])).toEqual([]);
    const expected = [text("Let me "), annotation, text("see."), call(0, tool), args(0)];
    expect(gate.pass([call(0, tool), args(0), finish("tool_calls")])).toEqual(expected);
    expect(gate.unsatisfied).toBe(false);
  });

  test("text after the call goes on at once", () => {
    const gate = open(choice);
    gate.pass([call(0, tool)]);
    expect(gate.pass([text("Done.")])).toEqual([text("Done.")]);
  });

  test("reasoning and usage are not held", () => {
    expect(open(choice).pass([reasoning, text("x"), usage])).toEqual([reasoning, usage]);
  });

  test.each<FinishReason>(["stop", "tool_calls"])("a turn without it is unsatisfied (%s)", (reason) => {
    const gate = open(choice);
    expect(gate.unsatisfied).toBe(false);
    expect(gate.pass([text("x"), finish(reason)])).toEqual([]);
    expect(gate.unsatisfied).toBe(true);
  });

  test("a call of another tool does not do", () => {
    const gate = open(choice);
    expect(gate.pass([call(0, "x"), args(0), finish("tool_calls")])).toEqual([]);
    expect(gate.unsatisfied).toBe(true);
    expect(gate.dropped).toEqual(["x"]);
  });

  test.each<FinishReason>(["length", "content_filter"])(
    "being cut is no fault (%s), and what was held comes out",
    (reason) => {
      const gate = open(choice);
      gate.pass([text("x"), finish(reason)]);
      expect(gate.unsatisfied).toBe(false);
      expect(gate.finish).toBe(reason);
      expect(gate.release()).toEqual([text("x")]);
      expect(gate.release()).toEqual([]);
    },
  );

  test("a refusal is an answer, and what was held comes out before it", () => {
    const gate = open(choice);
    expect(gate.pass([text("Well."), refusal, finish()])).toEqual([text("Well."), refusal]);
    expect(gate.unsatisfied).toBe(false);
  });
});

describe("calls of tools that run here", () => {
  test("are kept from the client, with their arguments, in the order they were made", () => {
    const gate = open("auto", true, "search");
    const passed = gate.pass([
      call(0, "search"),
      call(1, "a"),
      args(0),
      args(1),
      call(2, "search"),
      finish(),
    ]);
    expect(passed).toEqual([call(1, "a"), args(1)]);
    expect(gate.diverted).toMatchObject([
      { key: 0, name: "search", args: "{}" },
      { key: 2, name: "search", args: "" },
    ]);
    expect(gate.callsClient).toBe(true);
  });

  test("are dropped where they were not offered, and never shown to the client", () => {
    for (const choice of ["none", named, allowed] satisfies ToolChoice[]) {
      const gate = open(choice, true, "search");
      expect(gate.pass([call(0, "search"), args(0), finish()])).toEqual([]);
      expect(gate.diverted).toEqual([]);
      expect(gate.refused).toMatchObject([{ name: "search", args: "{}", refusal: { ruledOut: true } }]);
      expect(gate.dropped).toEqual(["search"]);
    }
  });

  test("count where one call at a time is allowed", () => {
    const gate = open("auto", false, "search");
    expect(gate.pass([call(0, "search"), args(0), call(1, "a"), args(1), finish()])).toEqual([]);
    expect(gate.diverted).toMatchObject([{ key: 0, name: "search", args: "{}" }]);
    expect(gate.dropped).toEqual(["a"]);
  });

  describe("and are told of while they are written", () => {
    const opens = (room: number, ...more: Tool[]): ToolGate => {
      const offer = offerOf([...tools, ...more], "search", "plain");
      const search = offer.servers.get("search");
      const begin = () => {
        throw new Error("not to be begun");
      };
      const servers = new Map(offer.servers).set("search", { ...(search as ServerTool), begin });
      return new ToolGate(toToolPolicy({ ...offer, servers }, "auto", true), room);
    };

    test("are passed on as well, as many as there is room for", () => {
      const gate = opens(2);
      const deltas = [0, 1, 2].flatMap((key) => [call(key, "search"), args(key)]);
      expect(gate.pass(deltas)).toEqual(deltas.slice(0, 4));
      expect(gate.diverted.map(({ key }) => key)).toEqual([0, 1, 2]);
      expect([gate.hasCalls, gate.callsClient, gate.passedCalls]).toEqual([true, false, 0]);
    });

    test("take room from each other, whatever their tools", () => {
      expect(opens(1).pass([call(0, "plain"), args(0), call(1, "search"), args(1)])).toEqual([]);
    });

    test("are kept back where the turn may be asked for once more", () => {
      const gate = opens(2, { type: "local_shell" });
      expect(gate.pass([call(0, "search"), args(0)])).toEqual([]);
      expect(gate.diverted).toMatchObject([{ key: 0, name: "search", args: "{}" }]);
      expect(gate.pass([text("x"), call(1, "local_shell"), args(1), finish()])).toEqual([text("x")]);
      expect(gate.release()).toEqual([call(0, "search"), args(0), { ...call(1, "local_shell"), args: "{}" }]);
      expect(gate.diverted).toMatchObject([{ key: 0, name: "search", args: "{}" }]);
    });
  });

  test("are the call that was compulsory", () => {
    const gate = open({ type: "file_search" }, true, "search");
    expect(gate.pass([text("Let me see."), call(0, "search"), args(0), finish()])).toEqual([
      text("Let me see."),
    ]);
    expect(gate.unsatisfied).toBe(false);
  });
});

describe("calls that have to be checked are held back until then", () => {
  const shell: Tool = { type: "shell" };
  const openWith = (choice: ToolChoice, parallel = true, ...servers: string[]) =>
    new ToolGate(toToolPolicy(offerOf([...tools, shell], ...servers), choice, parallel));
  const whole = (key: number) => ({ ...call(key, "shell"), args: "{}" });

  test("with all that follows them, thoughts too, but not the counts", () => {
    const gate = openWith("auto");
    expect(gate.pass([text("x"), call(0, "a"), call(1, "shell"), args(0), args(1)])).toEqual([
      text("x"),
      call(0, "a"),
      args(0),
    ]);
    expect(gate.pass([text("y"), reasoning, call(2, "b"), args(2), refusal, usage, finish()])).toEqual([
      usage,
    ]);
    expect(gate.checked).toMatchObject([{ key: 1, callId: "call_1", name: "shell", args: "{}" }]);
    expect(gate.behind).toMatchObject([{ key: 2, callId: "call_2", name: "b", args: "{}" }]);
    expect([gate.callsClient, gate.passedCalls, gate.unsatisfied]).toEqual([true, 1, false]);
    expect(gate.release()).toEqual([whole(1), text("y"), reasoning, call(2, "b"), args(2), refusal]);
  });

  test("and are what was compulsory, with the text before them", () => {
    const gate = openWith("required");
    expect(gate.pass([text("x"), call(0, "shell"), args(0), finish("tool_calls")])).toEqual([]);
    expect(gate.unsatisfied).toBe(false);
    expect(gate.release()).toEqual([text("x"), whole(0)]);
  });

  test("and are the one call where there may be only one", () => {
    const gate = openWith("auto", false);
    gate.pass([call(0, "shell"), args(0), call(1, "a"), args(1), call(2, "shell"), args(2), finish()]);
    expect(gate.release()).toEqual([whole(0)]);
    expect(gate.dropped).toEqual(["a", "shell"]);
  });

  test("and are gone when they are dropped", () => {
    const gate = openWith("auto", true, "search");
    gate.pass([
      call(0, "shell"),
      args(0),
      call(1, "search"),
      args(1),
      call(2, "a"),
      args(2),
      finish("length"),
    ]);
    const [held] = gate.checked;
    if (held) gate.drop(held);
    expect(gate.release()).toEqual([call(2, "a"), args(2)]);
    expect(gate.diverted).toMatchObject([{ key: 1, name: "search", args: "{}" }]);
  });
});

test("what it costs to pass a piece of a call does not grow with what is held back", () => {
  const pieces = 2_000;
  let looks = 0;
  const held = (): ModelDelta => ({
    get kind() {
      looks++;
      return "text" as const;
    },
    text: "x",
  });
  const patch: Tool = { type: "apply_patch" };
  const gate = new ToolGate(toToolPolicy(offerOf([...tools, patch]), "auto", true));
  expect(gate.pass([call(0, "a"), call(1, "apply_patch")])).toEqual([call(0, "a")]);
  for (let count = 0; count < pieces; count++) {
    expect(gate.pass([held()])).toEqual([]);
    expect(gate.pass([args(0)])).toEqual([args(0)]);
  }
  expect(looks).toBeLessThan(10 * pieces);
});

test("a call that came after one that is held back stays behind it, with all its pieces", () => {
  const patch: Tool = { type: "apply_patch" };
  const gate = new ToolGate(toToolPolicy(offerOf([...tools, patch]), "auto", true));
  expect(gate.pass([call(0, "apply_patch"), call(1, "a"), args(1), args(0), args(1)])).toEqual([]);
  expect(gate.release()).toEqual([{ ...call(0, "apply_patch"), args: "{}" }, call(1, "a"), args(1), args(1)]);
});
