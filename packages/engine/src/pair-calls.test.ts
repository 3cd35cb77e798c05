import { ApiError, type Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { pairCalls } from "./pair-calls.ts";

let made = 0;
const fresh = (prefix: string) => `${prefix}_${made++}`;

/**
 * Items in short: `call a`, `output a`, `user`, `assistant`, `thought`, `cut a` (a call that was cut off). A third word is
 * what they say: arguments, a result, a text.
 */
function items(...words: string[]): Item[] {
  return words.map((word): Item => {
    const [kind, call_id = "", said = "x"] = word.split(" ");
    const call = {
      type: "function_call" as const,
      id: fresh("fc"),
      call_id,
      name: "f",
      arguments: said === "x" ? "{}" : JSON.stringify({ said }),
    };
    switch (kind) {
      case "call":
        return call;
      case "cut":
        return { ...call, status: "incomplete" };
      case "output":
        return { type: "function_call_output", id: fresh("fco"), call_id, output: said };
      case "thought":
        return { type: "reasoning", id: fresh("rs"), summary: [] };
      case "user":
      case "assistant":
        return { type: "message", id: fresh("msg"), role: kind, content: call_id || "x" };
      default:
        throw new Error(`no such item: ${word}`);
    }
  });
}

/** The other way round. */
function words(list: readonly Item[]): string[] {
  return list.map((item) => {
    if (item.type === "function_call") {
      const { said } = JSON.parse(item.arguments) as { said?: string };
      return `${item.status === "incomplete" ? "cut" : "call"} ${item.call_id}${said ? ` ${said}` : ""}`;
    }
    if (item.type === "function_call_output")
      return `output ${item.call_id}${item.output === "x" ? "" : ` ${item.output as string}`}`;
    if (item.type === "message") return item.content === "x" ? item.role : `${item.role} ${item.content}`;
    return "thought";
  });
}

function pair(history: string[], input: string[]): string[] {
  return words(pairCalls(items(...history), items(...input), [...input.keys()]).items);
}

/** What of the input was left out, since the history has it. */
function repeatedOf(history: string[], input: string[]): string[] {
  const own = items(...input);
  const { repeated } = pairCalls(items(...history), own, [...input.keys()]);
  return words(own.filter(({ id }) => repeated.has(id)));
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
      ["call a", "output a now"],
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
    expect(words(pairCalls(history, items("user"), [0]).items)).toEqual(["user", "user", "user"]);
  });

  test("but a call that the input answers stays, however long ago it was made", () => {
    const history = ["user", "call a", "user", "assistant"];
    expect(pair(history, ["output a"])).toEqual([...history, "output a"]);
  });
});

describe("what the history has already is not added again", () => {
  test.each([
    ["a call that is open", ["user", "thought", "call a"], ["call a", "output a"], ["output a"], ["call a"]],
    [
      "calls side by side",
      ["user", "call a", "call b"],
      ["call b", "call a", "output a", "output b"],
      ["output a", "output b"],
      ["call b", "call a"],
    ],
    ["an output", ["call a", "output a"], ["output a", "user"], ["user"], ["output a"]],
    ["an output, twice", ["call a", "output a"], ["output a", "output a"], [], ["output a", "output a"]],
    ["a second output of the input", ["call a"], ["output a", "output a"], ["output a"], ["output a"]],
    [
      "outputs of former steps, before the new one",
      ["user", "call a", "output a", "call b"],
      ["output a", "output b"],
      ["output b"],
      ["output a"],
    ],
    [
      "a call and its output",
      ["call a", "output a", "call b"],
      ["call a", "output a", "call b", "output b"],
      ["output b"],
      ["call a", "output a", "call b"],
    ],
    [
      "what was said before a call that comes again, since it cannot be new",
      ["user q", "assistant Hm.", "call a"],
      ["user q", "assistant Hm.", "call a", "output a", "user q"],
      ["output a", "user q"],
      ["user q", "assistant Hm.", "call a"],
    ],
    [
      "the question that a call is about, with all before it, before the output of that call",
      ["user o", "assistant", "user q", "call a"],
      ["user o", "user q", "output a"],
      ["output a"],
      ["user o", "user q"],
    ],
  ])("%s", (_name, history, input, added, repeated) => {
    expect(pair(history, input)).toEqual([...history, ...added]);
    expect(repeatedOf(history, input)).toEqual(repeated);
  });

  test("but what was not said before stays, wherever it stands", () => {
    const history = ["user q", "call a"];
    expect(pair(history, ["user other", "call a", "output a"])).toEqual([
      ...history,
      "user other",
      "output a",
    ]);
    expect(pair(history, ["user other", "output a"])).toEqual([...history, "user other", "output a"]);
    expect(pair(history, ["output a", "user q"])).toEqual([...history, "output a", "user q"]);
    const longer = ["user q", "assistant", ...["user r", "call a"]];
    expect(pair(longer, ["user q", "output a"])).toEqual([...longer, "user q", "output a"]);
    const plain = ["user q", "assistant"];
    expect(pair(plain, ["user q", "call a", "output a"])).toEqual([...plain, "user q", "call a", "output a"]);
  });

  test("but a call that another output follows is one of its own", () => {
    const history = ["call a", "output a", "assistant"];
    expect(repeatedOf(history, ["call a", "output a now", "call a", "output a"])).toEqual([]);
    expect(repeatedOf(history, ["call a other", "output a"])).toEqual([]);
  });

  test("also where the client has written arguments and result anew", () => {
    const history = items("call a one", "call b");
    const call = { type: "function_call" as const, id: "x1", call_id: "a", name: "f", status: "completed" };
    const input: Item[] = [
      { ...call, arguments: '{ "said" : "one" }' },
      ...items("output a", "output b"),
      { type: "function_call_output", id: "x2", call_id: "b", output: [{ type: "input_text", text: "x" }] },
    ];
    const { repeated } = pairCalls(history, input, [...input.keys()]);
    expect([...repeated]).toEqual(["x1", "x2"]);
  });

  test("also where a function that was found by itself has its name as namespace, or not", () => {
    const call = { type: "function_call" as const, call_id: "a", name: "f", arguments: "{}" };
    const pairs = (namespace: string) =>
      pairCalls([{ ...call, id: "x1", namespace }], [{ ...call, id: "x2" }, ...items("output a")], [0, 1]);
    expect([...pairs("f").repeated]).toEqual(["x2"]);
    expect(() => pairs("g")).toThrow("Duplicate");
  });

  test("also where a compaction stands for the call", () => {
    const covered = items("user", "call a", "output a");
    const options = { covered };
    expect(words(pairCalls(items("user"), items("output a", "user"), [0, 1], options).items)).toEqual([
      "user",
      "user",
    ]);
    expect(() => pairCalls(items("user"), items("output a two"), [0], options)).toThrow("another output");
    expect(() => pairCalls(items("user"), items("output b"), [0], options)).toThrow("No tool call found");
  });

  test.each<[string, Item, Item, Item]>([
    [
      "a custom tool",
      { type: "custom_tool_call", id: "c1", call_id: "a", name: "sql", input: "select" },
      { type: "custom_tool_call_output", id: "o1", call_id: "a", output: "x" },
      { type: "custom_tool_call", id: "c2", call_id: "a", name: "sql", input: "drop" },
    ],
    [
      "a local shell",
      {
        type: "local_shell_call",
        id: "c1",
        call_id: "a",
        action: { type: "exec", command: ["ls"], user: null },
      },
      { type: "local_shell_call_output", id: "o1", call_id: "a", output: "x" },
      { type: "local_shell_call", id: "c2", call_id: "a", action: { type: "exec", command: ["rm"] } },
    ],
    [
      "a shell",
      { type: "shell_call", id: "c1", call_id: "a", action: { commands: ["ls"], timeout_ms: null } },
      { type: "shell_call_output", id: "o1", call_id: "a", output: [] },
      { type: "shell_call", id: "c2", call_id: "a", action: { commands: ["ls"], timeout_ms: 5 } },
    ],
    [
      "a patch",
      { type: "apply_patch_call", id: "c1", call_id: "a", operation: { type: "delete_file", path: "a" } },
      { type: "apply_patch_call_output", id: "o1", call_id: "a", status: "completed" },
      { type: "apply_patch_call", id: "c2", call_id: "a", operation: { type: "delete_file", path: "b" } },
    ],
    [
      "a computer",
      { type: "computer_call", id: "c1", call_id: "a", actions: [{ type: "screenshot" }] },
      {
        type: "computer_call_output",
        id: "o1",
        call_id: "a",
        output: { type: "computer_screenshot", file_id: "file-1" },
      },
      { type: "computer_call", id: "c2", call_id: "a", actions: [{ type: "wait" }] },
    ],
    [
      "a search for tools",
      { type: "tool_search_call", id: "c1", call_id: "a", arguments: { q: "mail" } },
      { type: "tool_search_output", id: "o1", call_id: "a", tools: [] },
      { type: "tool_search_call", id: "c2", call_id: "a", arguments: { q: "post" } },
    ],
  ])("of %s, too", (_name, call, output, other) => {
    const again = { ...call, id: "again" } as Item;
    const { items: shown, repeated } = pairCalls([call], [again, output, { ...output, id: "o2" }], [0, 1, 2]);
    expect(shown).toEqual([call, output]);
    expect([...repeated]).toEqual(["again", "o2"]);
    expect(errorOf([call], [other, output]).message).toContain("Duplicate");
  });

  test("and long histories that come again take no longer than others", () => {
    const calls = Array.from({ length: 20_000 }, (_, index) => [`call c${index}`, `output c${index}`]).flat();
    const same = Array.from({ length: 20_000 }, () => ["call a", "output a"]).flat();
    expect(repeatedOf(["user", ...calls], ["user", ...calls, "user new"])).toHaveLength(calls.length + 1);
    expect(repeatedOf(["call a", "output a"], same)).toHaveLength(same.length);
    // Each with its own output would be compared with all that was found once.
    const long = "x".repeat(200_000);
    const many = Array.from({ length: 20_000 }, () => "call a");
    expect(
      repeatedOf(["call a", `output a ${long}`], [...many.slice(0, 1), `output a ${long}`]),
    ).toHaveLength(2);
    expect(errorOf(items("call a", `output a ${long}`), items(...many, `output a ${long}`)).status).toBe(422);
  });

  test("but nothing is that stands behind a question which is new, out of its order, or more often than before", () => {
    const done = ["user yes", "assistant a", "user do", "call c", "output c", "assistant done"];
    // Nothing new would be left but what was repeated.
    expect(repeatedOf(done, ["user yes", "output c"])).toEqual(["output c"]);
    expect(repeatedOf(["user hi", "call c"], ["user hi", "user hi", "output c"])).toEqual(["user hi"]);
    expect(
      repeatedOf(["user continue", "call a", "call b"], ["output a", "user continue", "output b"]),
    ).toEqual([]);
    const closed = ["user go", "call c", "output c ok", "assistant ok"];
    const again = ["user again", "call c", "output c ok", "assistant ok", "call c", "output c changed"];
    expect(repeatedOf(closed, again)).toEqual([]);
  });

  test("but a question that its caller has given an id is not", () => {
    const input = items("user Go", "output a");
    const named = new Set([input[0]?.id ?? ""]);
    const history = items("user Go", "call a");
    expect([...pairCalls(history, input, [0, 1], { named }).repeated]).toEqual([]);
    expect([...pairCalls(history, input, [0, 1]).repeated]).toEqual([...named]);
  });
});

describe("what does not pair up is a 422", () => {
  test.each([
    ["an output without a call", [], ["user", "output a"]],
    ["an output of a call of another id", ["call b", "output b"], ["output a"]],
  ])("%s", (_name, history, input) => {
    const error = errorOf(items(...history), items(...input));
    expect(error).toMatchObject({ status: 422, type: "invalid_request_error", code: null, param: "input" });
    expect(error.message).toBe("No tool call found for function call output with call_id a.");
  });

  test.each([
    ["an output of a call that was cut off", ["cut a"], ["output a"], "was cut off"],
    ["an output before its call", [], ["output a", "call a"], "stands before its call"],
  ])("%s, which says that there is one", (_name, history, input, message) => {
    const error = errorOf(items(...history), items(...input));
    expect(error).toMatchObject({ status: 422, type: "invalid_request_error", code: null, param: "input" });
    expect(error.message).toContain("with call_id a");
    expect(error.message).toContain(message);
  });

  test.each([
    ["a second output that says something else", ["call a"], ["output a", "output a two"], 1],
    ["another output of a call of the history", ["call a", "output a", "user"], ["output a two"], 0],
    ["another one behind the call itself", ["call a", "output a"], ["call a", "output a", "output a two"], 2],
  ])("%s", (_name, history, input, place) => {
    const error = errorOf(items(...history), items(...input));
    expect(error).toMatchObject({
      status: 422,
      type: "invalid_request_error",
      code: "invalid_value",
      param: `input[${place}].output`,
    });
    expect(error.message).toContain("already has another output");
  });

  test.each([
    ["a call made twice", [], ["call a", "call a", "output a"], "input[1].call_id"],
    [
      "another call under the id of an open one",
      ["call a"],
      ["call a other", "output a"],
      "input[0].call_id",
    ],
    [
      "a repeated call made twice",
      ["call a"],
      ["call a", "output a", "call a", "call a"],
      "input[3].call_id",
    ],
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
