import type { Tool } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import type { FinishReason, ModelDelta } from "../../model-delta.ts";
import { offerOf } from "../../testing/offer-of.ts";
import { ToolGate } from "../../tool-gate.ts";
import { type ToolPolicy, toToolPolicy } from "../../tool-policy.ts";
import { findComplaint } from "./complain.ts";
import { longestInput } from "./grammar/longest-input.ts";

const tool: Tool = {
  type: "custom",
  name: "note",
  format: { type: "grammar", syntax: "lark", definition: 'start: "x"*' },
};
const policy: ToolPolicy = toToolPolicy(offerOf([tool]), "auto", true);

/** A gate through which calls with these inputs have come, those from `exactFrom` on held to their grammar. */
function gateWith(
  inputs: readonly string[],
  exactFrom = Number.POSITIVE_INFINITY,
  reason: FinishReason = "tool_calls",
): ToolGate {
  const gate = new ToolGate(policy);
  gate.pass([
    ...inputs.flatMap((input, key): ModelDelta[] => [
      {
        kind: "call",
        key,
        callId: `call_${key}`,
        name: "note",
        ...(key >= exactFrom && { constrained: { exact: true } }),
      },
      { kind: "arguments", key, text: JSON.stringify({ input }) },
    ]),
    { kind: "finish", reason },
  ]);
  return gate;
}

const tooLong = "x".repeat(longestInput + 1);

describe("a turn's calls", () => {
  test("are all right where they follow their grammar", async () => {
    expect(await findComplaint(gateWith(["", "xx"]), policy)).toBeUndefined();
  });

  test("that are wrong twice fail for good: a client that asks again would pay for the same", async () => {
    expect(await findComplaint(gateWith(["y"]), policy)).toMatchObject({ error: { isFinal: true } });
    expect(await findComplaint(gateWith(["y"], 0), policy)).toMatchObject({ error: { isFinal: true } });
    const silent = new ToolGate({ ...policy, choice: "required" });
    silent.pass([{ kind: "finish", reason: "stop" }]);
    expect(await findComplaint(silent, { ...policy, choice: "required" })).toMatchObject({
      error: { code: "tool_choice_not_honored", isFinal: true },
    });
    const unknown = new ToolGate(policy);
    unknown.pass([
      { kind: "call", key: 0, callId: "call_0", name: "zzz" },
      { kind: "finish", reason: "tool_calls" },
    ]);
    expect(await findComplaint(unknown, policy)).toMatchObject({
      error: { code: "unknown_tool_called", isFinal: true },
      bearable: "with calls",
    });
  });

  test("are checked with one effort for all of them", async () => {
    const inputs = Array.from({ length: 20 }, () => "x".repeat(1000));
    expect(await findComplaint(gateWith(inputs), policy, { steps: 3_000_000 })).toBeUndefined();
    const complaint = await findComplaint(gateWith(inputs), policy, { steps: 1_000_000 });
    expect(complaint?.error).toMatchObject({ code: "custom_tool_input_invalid" });
  });

  test("that are too long to be checked are complained of, with how long they are", async () => {
    const complaint = await findComplaint(gateWith([tooLong]), policy);
    expect(complaint?.error).toMatchObject({
      code: "custom_tool_input_invalid",
      message: expect.stringContaining("of 1048577 characters, is too much to be checked"),
    });
    expect(complaint?.items.at(-1)).toMatchObject({ output: expect.stringContaining("has to be shorter") });
  });

  test("that were told and are too long to be checked are taken for what their server promised", async () => {
    expect(await findComplaint(gateWith([tooLong], 0), policy)).toBeUndefined();
    expect(await findComplaint(gateWith(["y"], 0), policy)).toMatchObject({ final: true });
  });

  test("that broke their server's promise are asked for again where they wait behind another, unseen", async () => {
    const complaint = await findComplaint(gateWith(["xx", "y"], 1), policy);
    expect(complaint?.final).toBeUndefined();
    expect(complaint?.input).toBeUndefined();
    expect(complaint?.error).toMatchObject({ code: "custom_tool_input_invalid" });
    expect(complaint?.items).toMatchObject([
      { type: "function_call", call_id: "call_0" },
      { call_id: "call_0", output: expect.stringMatching(/^Not carried out, because another call/) },
      { type: "function_call", call_id: "call_1", arguments: '{"input":"y"}' },
      { call_id: "call_1", output: expect.stringMatching(/^Not carried out: .* Call the tool again\.$/) },
    ]);
  });

  test("that wait behind another and are too long to be checked are taken for what was promised", async () => {
    expect(await findComplaint(gateWith(["xx", tooLong], 1), policy)).toBeUndefined();
  });

  test("that wait behind another go on as far as they came where a limit has cut the turn", async () => {
    const gate = gateWith(["y", "y"], 1, "length");
    expect(await findComplaint(gate, policy)).toBeUndefined();
    expect(gate.release()).toMatchObject([
      { kind: "call", key: 1 },
      { kind: "arguments", key: 1 },
    ]);
  });

  test("are not checked any further when nobody waits for them", async () => {
    const abort = new AbortController();
    const reason = new Error("the caller is gone");
    const endless: ToolPolicy = toToolPolicy(
      offerOf([
        { ...tool, format: { type: "grammar", syntax: "lark", definition: 'start: start start | "x"' } },
      ]),
      "auto",
      true,
    );
    let looks = 0;
    const checking = findComplaint(gateWith(["x".repeat(5_000), "xx"]), endless, {
      signal: abort.signal,
      // The caller leaves during the first check, which would go on for ever.
      now: () => {
        if (looks++ === 100) abort.abort(reason);
        return looks;
      },
      steps: Number.POSITIVE_INFINITY,
      time: Number.POSITIVE_INFINITY,
    });
    await expect(checking).rejects.toBe(reason);
    expect(looks).toBeLessThan(130);
  });
});
