import { ApiError, type Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { pairCalls } from "./pair-calls.ts";

let made = 0;
const fresh = (prefix: string) => `${prefix}_${made++}`;

/** Items in short: `call a`, `output a`, `user`, `assistant`, `thought`, `cut a` (a call that was cut off). */
function items(...words: string[]): Item[] {
  return words.map((word): Item => {
    const [kind, call_id = ""] = word.split(" ");
    const call = { type: "function_call" as const, id: fresh("fc"), call_id, name: "f", arguments: "{}" };
    switch (kind) {
      case "call":
        return call;
      case "cut":
        return { ...call, status: "incomplete" };
      case "output":
        return { type: "function_call_output", id: fresh("fco"), call_id, output: "x" };
      case "thought":
        return { type: "reasoning", id: fresh("rs"), summary: [] };
      case "user":
      case "assistant":
        return { type: "message", id: fresh("msg"), role: kind, content: "x" };
      default:
        throw new Error(`no such item: ${word}`);
    }
  });
}

/** The other way round. */
function words(list: readonly Item[]): string[] {
  return list.map((item) => {
    if (item.type === "function_call")
      return `${item.status === "incomplete" ? "cut" : "call"} ${item.call_id}`;
    if (item.type === "function_call_output") return `output ${item.call_id}`;
    if (item.type === "message") return item.role;
    return "thought";
  });
}

function pair(history: string[], input: string[]): string[] {
  return words(pairCalls(items(...history), items(...input), [...input.keys()]));
}

function errorOf(history: readonly Item[], input: readonly Item[]): ApiError {
  try {
    pairCalls(history, input, [...input.keys()]);
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error("the items were accepted");
}

describe("history and input are joined", () => {
  test("in order", () => {
    expect(pair(["user", "assistant"], ["user"])).toEqual(["user", "assistant", "user"]);
    expect(pair([], [])).toEqual([]);
  });

  test.each([
    ["a call of the history is answered by the input", ["user", "thought", "call a"], ["output a"]],
    ["calls are answered in another order", ["user", "call a", "call b"], ["output b", "output a", "user"]],
    ["a call and its output are apart", ["call a", "assistant"], ["user", "output a"]],
    ["the input brings both call and output", ["user"], ["call a", "output a"]],
    [
      "an id of a call comes back in a later turn",
      ["call a", "output a", "assistant"],
      ["call a", "output a"],
    ],
    ["an id comes back within the history", ["call a", "output a", "user", "call a"], ["output a"]],
  ])("where %s", (_name, history, input) => {
    expect(pair(history, input)).toEqual([...history, ...input]);
  });

  test("without changing either", () => {
    const [history, input] = [items("user", "cut a", "output b"), items("user")];
    const before = structuredClone([history, input]);
    pairCalls(history, input, [...input.keys()]);
    expect([history, input]).toEqual(before);
  });
});

describe("what deletions and cut answers left in the history is passed over", () => {
  test.each([
    [
      "a call that was cut off",
      ["user", "call a", "output a", "cut b"],
      ["user"],
      ["user", "call a", "output a", "user"],
    ],
    ["an output whose call is gone", ["output a", "assistant"], ["user"], ["assistant", "user"]],
    [
      "a second output of one call",
      ["call a", "output a", "output a"],
      ["user"],
      ["call a", "output a", "user"],
    ],
    [
      "a call whose answering turn is gone",
      ["user", "call a", "user", "assistant"],
      ["user"],
      ["user", "user", "assistant", "user"],
    ],
    [
      "a call whose answering turn is gone, before other calls",
      ["call a", "call b", "output b", "assistant"],
      ["user"],
      ["call b", "output b", "assistant", "user"],
    ],
    [
      "a call whose answering turn is gone and whose id came back",
      ["call a", "user", "call a", "output a"],
      ["user"],
      ["user", "call a", "output a", "user"],
    ],
    [
      "a call whose answering turn is gone and whose id the input uses anew",
      ["call a", "user", "assistant"],
      ["call a", "output a"],
      ["user", "assistant", "call a", "output a"],
    ],
  ])("%s", (_name, history, input, expected) => {
    expect(pair(history, input)).toEqual(expected);
  });

  test("but compacted context behind a call says nothing of its answer", () => {
    const history = items("user", "call a", "user");
    const summaries = new Set([history[2]?.id ?? ""]);
    expect(() => pairCalls(history, items("user"), [0], { summaries })).toThrow("call a");
    expect(words(pairCalls(history, items("user"), [0]))).toEqual(["user", "user", "user"]);
  });

  test("but a call that the input answers stays, however long ago it was made", () => {
    const history = ["user", "call a", "user", "assistant"];
    expect(pair(history, ["output a"])).toEqual([...history, "output a"]);
  });
});

describe("what does not pair up is a 422", () => {
  test.each([
    ["an output without a call", [], ["user", "output a"]],
    ["an output of a call that was cut off", ["cut a"], ["output a"]],
    ["a second output", ["call a"], ["output a", "output a"]],
    ["an output before its call", [], ["output a", "call a"]],
  ])("%s", (_name, history, input) => {
    const error = errorOf(items(...history), items(...input));
    expect(error).toMatchObject({ status: 422, type: "invalid_request_error", code: null, param: "input" });
    expect(error.message).toBe("No tool call found for function call output with call_id a.");
  });

  test.each([
    ["a call made twice", [], ["call a", "call a", "output a"], "input[1].call_id"],
    ["a call made again while it is open", ["call a"], ["call a", "output a"], "input[0].call_id"],
  ])("%s", (_name, history, input, param) => {
    const error = errorOf(items(...history), items(...input));
    expect(error).toMatchObject({ status: 422, type: "invalid_request_error", code: "invalid_value", param });
    expect(error.message).toBe("Duplicate function call with call_id a.");
  });

  test.each([
    ["a call of the history that was not answered", ["user", "call a"], ["user"]],
    ["one of two calls", ["user", "call b", "call a"], ["output b"]],
    ["a call of the input itself", [], ["user", "call a"]],
  ])("%s", (_name, history, input) => {
    const error = errorOf(items(...history), items(...input));
    expect(error).toMatchObject({ status: 422, param: "input" });
    expect(error.message).toContain("No tool output found for function call a");
  });

  test("two items of the input with one id", () => {
    const input = items("user", "assistant");
    for (const item of input) item.id = "msg_x";
    const error = errorOf([], input);
    expect(error).toMatchObject({ status: 422, code: "invalid_value", param: "input[1].id" });
    expect(error.message).toContain("msg_x");
  });
});
