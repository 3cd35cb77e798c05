import { type Item, parseCreateRequest, type ResponseEvent } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { respond } from "../respond.ts";
import { manage, notes, talk } from "../testing/compaction-talk.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { fakeTool } from "../testing/fake-mcp.ts";
import { readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";
import { findApproved } from "./approvals.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url };
const asks: Script = [[say.call(0, "write"), say.args(0, '{"q":"x"}'), say.toolCalls, say.usage(10, 3)]];
const answer: Script = [[say.text("Done."), say.stop, say.usage(20, 5)]];

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("write"), fakeTool("read", undefined, true)]);
  return world;
}

/** Runs a response that ends with a request for approval; gives its id and that of the request. */
async function asked(world: EngineWorld, fields: object = {}) {
  const response = await world.run({ tools: [docs], ...fields });
  const request = response.output.find(({ type }) => type === "mcp_approval_request");
  if (request === undefined) throw new Error("nothing was asked");
  return { response, id: response.id, request: request.id };
}

const says = (request: string, approve: boolean, more: object = {}) => ({
  type: "mcp_approval_response",
  approval_request_id: request,
  approve,
  ...more,
});

/** What the model was shown of calls in its turn: name, arguments and output. */
function shown(world: EngineWorld, turn: number): [string, string, string][] {
  const items = world.model.seen[turn]?.turn.items ?? [];
  return items.flatMap((item): [string, string, string][] => {
    if (item.type !== "function_call") return [];
    const output = items.find(
      (other) => other.type === "function_call_output" && other.call_id === item.call_id,
    );
    const text = output?.type === "function_call_output" ? String(output.output) : "none";
    return [[item.name, item.arguments, text]];
  });
}

const typesOf = (events: readonly ResponseEvent[]) => events.map(({ type }) => type.replace("response.", ""));

describe("a call that needs approval", () => {
  test("is not carried out: the response ends, completed, with the question", async () => {
    const world = worldWith(asks);
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    expect(typesOf(events).slice(-3)).toEqual(["output_item.added", "output_item.done", "completed"]);
    const read = await readWithClient(events, true);
    expect(read).toMatchObject({
      status: "completed",
      output: [
        { type: "mcp_list_tools" },
        {
          type: "mcp_approval_request",
          id: expect.stringMatching(/^mcpr_/),
          server_label: "docs",
          name: "write",
          arguments: '{"q":"x"}',
        },
      ],
    });
    expect([world.mcp.called, world.model.seen.length]).toEqual([[], 1]);
  });

  test("holds up no other of its turn that needs none", async () => {
    const world = worldWith([[say.call(0, "write"), say.call(1, "read"), say.toolCalls]]);
    const { response } = await asked(world, {
      tools: [{ ...docs, require_approval: { never: { read_only: true } } }],
    });
    expect(response.output.map(({ type }) => type)).toEqual([
      "mcp_list_tools",
      "mcp_call",
      "mcp_approval_request",
    ]);
    expect(world.mcp.called).toMatchObject([{ name: "read" }]);
  });
});

describe("a call that asks", () => {
  const someAsk = { ...docs, require_approval: { never: { read_only: true } } };

  test("takes no other's place in max_tool_calls", async () => {
    const world = worldWith([[say.call(0, "write"), say.call(1, "read"), say.toolCalls]]);
    const { response } = await asked(world, { tools: [someAsk], max_tool_calls: 1 });
    expect(response.output.map(({ type }) => type).sort()).toEqual([
      "mcp_approval_request",
      "mcp_call",
      "mcp_list_tools",
    ]);
    expect(world.mcp.called).toMatchObject([{ name: "read" }]);
  });

  test("is one of as many as a turn may have at once", async () => {
    const many = Array.from({ length: 20 }, (_, key) => say.call(key, "write"));
    const world = worldWith([[...many, say.toolCalls]]);
    const { response } = await asked(world);
    expect(response.output.filter(({ type }) => type === "mcp_approval_request")).toHaveLength(16);
  });
});

describe("a call that was approved of", () => {
  test("is carried out before the model goes on, which is shown what it gave", async () => {
    const world = worldWith(asks, answer);
    const { id, request } = await asked(world);
    const fields = { tools: [docs], previous_response_id: id, input: [says(request, true)], stream: true };
    const events = await drain(world.respond(fields));
    const read = await readWithClient(events, true);
    expect(read.output).toMatchObject([
      {
        type: "mcp_call",
        status: "completed",
        server_label: "docs",
        name: "write",
        arguments: '{"q":"x"}',
        output: 'write {"q":"x"}',
        approval_request_id: request,
      },
      { type: "message" },
    ]);
    expect(world.mcp.called).toMatchObject([{ name: "write", args: { q: "x" } }]);
    expect(shown(world, 1)).toEqual([["write", '{"q":"x"}', 'write {"q":"x"}']]);
    expect(world.mcp.listed).toHaveLength(1);
  });

  test("is carried out for callers who keep their context themselves, and not again when they send it back", async () => {
    const world = worldWith(asks, answer, answer);
    const { response, request } = await asked(world, { store: false });
    const context = [{ role: "user", content: "hi" }, ...response.output, says(request, true)];
    const second = await world.run({ tools: [docs], store: false, input: context });
    const later = [...context, ...second.output, { role: "user", content: "thanks" }];
    const third = await world.run({ tools: [docs], store: false, input: later });
    expect(world.mcp.called).toHaveLength(1);
    expect(third.output.map(({ type }) => type)).toEqual(["message"]);
    expect(shown(world, 2)).toEqual([["write", '{"q":"x"}', 'write {"q":"x"}']]);
  });

  test.each([true, false])(
    "is history to callers who have lost the id of the request (approved: %s)",
    async (approve) => {
      const world = worldWith(asks, answer, answer);
      const { response, request } = await asked(world, { store: false });
      const context = [{ role: "user", content: "hi" }, ...response.output, says(request, approve)];
      const second = await world.run({ tools: [docs], store: false, input: context });
      // As a client does that files its items without their ids.
      const later = [...context, ...second.output, { role: "user", content: "thanks" }].map((item) => ({
        ...item,
        id: undefined,
      }));
      const third = await world.run({ tools: [docs], store: false, input: later });
      expect(third.output.map(({ type }) => type)).toEqual(["message"]);
      expect(world.mcp.called).toHaveLength(approve ? 1 : 0);
    },
  );

  test.each([true, false])(
    "is history to callers whose calls do not say what approved of them (the call is there: %s)",
    async (keepsCall) => {
      const world = worldWith(asks, answer, answer);
      const { response, request } = await asked(world, { store: false });
      const context = [{ role: "user", content: "hi" }, ...response.output, says(request, true)];
      const second = await world.run({ tools: [docs], store: false, input: context });
      const output = second.output.flatMap((item): object[] => {
        if (item.type !== "mcp_call") return [item];
        const { approval_request_id: _approval, ...call } = item;
        return keepsCall ? [call] : [];
      });
      const later = [...context, ...output, { role: "user", content: "never mind" }];
      const third = await world.run({ tools: [docs], store: false, input: later });
      expect(third.output.map(({ type }) => type)).toEqual(["message"]);
      expect(world.mcp.called).toHaveLength(1);
      await expect(
        world.respond({ tools: [docs], store: false, input: [...later, says(request, true)] }).next(),
      ).rejects.toMatchObject({ status: 422, param: `input[${later.length}].approval_request_id` });
    },
  );

  test("after another of its turn, whose call stands before it, is carried out", async () => {
    const both: Script = [[say.call(0, "write"), say.call(1, "read"), say.toolCalls]];
    const world = worldWith(both, answer, answer);
    const { response } = await asked(world, { store: false });
    const [one, two] = response.output.filter(({ type }) => type === "mcp_approval_request");
    const context = [{ role: "user", content: "hi" }, ...response.output, says(one?.id ?? "", true)];
    const second = await world.run({ tools: [docs], store: false, input: context });
    const later = [...context, ...second.output, says(two?.id ?? "", true)];
    await world.run({ tools: [docs], store: false, input: later });
    expect(world.mcp.called.map(({ name }) => name)).toEqual(["write", "read"]);
  });

  test.each(["", "  "])("and was written without arguments (%j) has none", async (written) => {
    const world = worldWith(answer);
    const input = [
      { role: "user", content: "hi" },
      { type: "mcp_approval_request", id: "mcpr_1", server_label: "docs", name: "write", arguments: written },
      says("mcpr_1", true),
    ];
    const { output } = await world.run({ tools: [docs], input });
    expect(output.find(({ type }) => type === "mcp_call")).toMatchObject({ arguments: "{}", error: null });
    expect(world.mcp.called).toMatchObject([{ name: "write", args: {} }]);
  });

  test.each(["{", "7", "[1]"])("and has arguments that are no object (%j) fails", async (written) => {
    const world = worldWith(answer);
    const input = [
      { role: "user", content: "hi" },
      { type: "mcp_approval_request", id: "mcpr_1", server_label: "docs", name: "write", arguments: written },
      says("mcpr_1", true),
    ];
    const { output } = await world.run({ tools: [docs], input });
    expect(output.find(({ type }) => type === "mcp_call")).toMatchObject({
      status: "failed",
      arguments: written,
      error: { type: "mcp_protocol_error", code: -32_602, message: expect.stringContaining("arguments") },
    });
    expect(world.mcp.called).toEqual([]);
  });

  test("is not compulsory again where the choice named it", async () => {
    const world = worldWith(asks, answer);
    const tool_choice = { type: "mcp", server_label: "docs", name: "write" };
    const { id, request } = await asked(world, { tool_choice });
    const input = [says(request, true)];
    const next = await world.run({ tools: [docs], tool_choice, previous_response_id: id, input });
    expect(next.output.map(({ type }) => type)).toEqual(["mcp_call", "message"]);
    expect(world.model.seen[1]?.turn.toolChoice).toBe("auto");
  });

  test("that fails is told to the model", async () => {
    const world = worldWith(asks, answer);
    const { id, request } = await asked(world);
    world.mcp.servers.set(url, [
      fakeTool("write", () => ({ error: { type: "http_error", code: 500, message: "broken" } })),
    ]);
    const next = await world.run({ tools: [docs], previous_response_id: id, input: [says(request, true)] });
    expect(next.output[0]).toMatchObject({
      type: "mcp_call",
      status: "failed",
      approval_request_id: request,
    });
    expect(shown(world, 1)[0]?.[2]).toBe("The call failed: broken");
  });

  test("is one of several, within max_tool_calls", async () => {
    const both: Script = [[say.call(0, "write"), say.call(1, "read"), say.toolCalls]];
    const world = worldWith(both, answer);
    const { response, id } = await asked(world);
    const requests = response.output.filter(({ type }) => type === "mcp_approval_request");
    const input = requests.map((request) => says(request.id, true));
    await world.run({ tools: [docs], previous_response_id: id, input, max_tool_calls: 1 });
    expect(world.mcp.called).toHaveLength(1);
    expect(shown(world, 1)).toMatchObject([
      ["write", "{}", "write {}"],
      ["read", "{}", expect.stringContaining("no further tool calls")],
    ]);
  });

  test("brings no further ones where the choice is none", async () => {
    const world = worldWith(asks, answer);
    const { id, request } = await asked(world);
    const input = [says(request, true)];
    await world.run({ tools: [docs], tool_choice: "none", previous_response_id: id, input });
    expect(world.mcp.called).toMatchObject([{ name: "write" }]);
    expect(world.model.seen[1]?.turn).toMatchObject({ tools: [], toolChoice: "none" });
  });

  test("does not let a response that is steered meanwhile compact its context", async () => {
    const world = worldWith(asks, notes, answer);
    const { id, request } = await asked(world);
    const steer = new AbortController();
    world.mcp.servers.set(url, [
      fakeTool("write", () => {
        steer.abort();
        return { output: "written" };
      }),
    ]);
    const input = [...talk, says(request, true)];
    const { request: parsed } = parseCreateRequest(
      { model: "m", tools: [docs], previous_response_id: id, input, ...manage },
      false,
    );
    const scope = { tenant: "acme", abort: world.abort, steered: steer.signal, onFault() {}, onFailure() {} };
    const events = await drain(respond(parsed, scope, world.deps()));
    expect(events.at(-1)).toMatchObject({
      response: { incomplete_details: { reason: "steered" }, output: [{ type: "mcp_call" }] },
    });
    expect(world.model.seen).toHaveLength(1);
  });

  test("is closed when the response is aborted", async () => {
    const world = worldWith(asks);
    const { id, request } = await asked(world);
    const begun = Promise.withResolvers<void>();
    world.mcp.servers.set(url, [
      fakeTool("write", () => {
        begun.resolve();
        return new Promise(() => {});
      }),
    ]);
    const fields = { tools: [docs], previous_response_id: id, input: [says(request, true)], stream: true };
    const batches = world.respond(fields);
    const reading = (async () => {
      for await (const _batch of batches);
    })();
    await begun.promise;
    world.abort.abort();
    await reading;
    const stored = world.responses.all().find((response) => response.id !== id);
    expect(stored).toMatchObject({
      status: "cancelled",
      output: [{ type: "mcp_call", status: "incomplete", approval_request_id: request }],
    });
  });

  test("leaves it open whether it was carried out where its response was broken off before its item", async () => {
    const both: Script = [[say.call(0, "write"), say.call(1, "write"), say.toolCalls]];
    const world = worldWith(both);
    const { response } = await asked(world);
    const requests = response.output.filter(({ type }) => type === "mcp_approval_request");
    const begun = Promise.withResolvers<void>();
    world.mcp.servers.set(url, [
      fakeTool("write", () => {
        if (world.mcp.called.length === 2) begun.resolve();
        return new Promise(() => {});
      }),
    ]);
    const input = requests.map(({ id }) => says(id, true));
    const fields = { tools: [docs], previous_response_id: response.id, input, stream: true };
    const reading = (async () => {
      for await (const _batch of world.respond(fields));
    })();
    await begun.promise;
    world.abort.abort();
    await reading;
    const broken = world.responses.all().find(({ id }) => id !== response.id);
    const later = worldWith(answer);
    const context = [...response.output, ...input, ...(broken?.output ?? [])];
    await later.run({ tools: [docs], input: [...context, { role: "user", content: "And?" }], store: false });
    expect(shown(later, 0).map(([, , output]) => output)).toEqual([
      expect.stringContaining("whether it had an effect is not known"),
      expect.stringContaining("whether it was carried out is not known"),
    ]);
  });

  test("is refused in a response that is only prepared: it would be lost", async () => {
    const world = worldWith(asks);
    const { id, request } = await asked(world);
    const warmUp = (approve: boolean) => {
      const fields = { model: "m", tools: [docs], previous_response_id: id, input: [says(request, approve)] };
      const { request: parsed } = parseCreateRequest(fields, false);
      const scope = { tenant: "acme", abort: world.abort, warmUp: true, onFault() {}, onFailure() {} };
      return drain(respond(parsed, scope, world.deps()));
    };
    await expect(warmUp(true)).rejects.toMatchObject({
      status: 422,
      param: "input[0].approval_request_id",
      message: expect.stringContaining("'generate': false"),
    });
    // There is nothing to carry out after a "no".
    expect((await warmUp(false)).at(-1)).toMatchObject({ type: "response.completed" });
    expect(world.mcp.called).toEqual([]);
  });

  test("needs its server among the tools", async () => {
    const world = worldWith(asks);
    const { id, request } = await asked(world);
    const fields = { previous_response_id: id, input: [says(request, true)] };
    await expect(world.respond(fields).next()).rejects.toMatchObject({
      status: 422,
      param: "input[0].approval_request_id",
    });
    expect(world.mcp.called).toEqual([]);
  });
});

describe("a call that was denied", () => {
  test("is not carried out, and the model is told why", async () => {
    const world = worldWith(asks, answer, answer);
    const { id, request } = await asked(world);
    const input = [says(request, false, { reason: "Too dangerous." })];
    const next = await world.run({ tools: [docs], previous_response_id: id, input });
    expect(next.output.map(({ type }) => type)).toEqual(["message"]);
    expect(world.mcp.called).toEqual([]);
    const told = ["write", '{"q":"x"}', expect.stringMatching(/denied.*Too dangerous\./)];
    expect(shown(world, 1)).toEqual([told]);
    // It stays so for what follows.
    await world.run({ tools: [docs], previous_response_id: next.id, input: "and now?" });
    expect(shown(world, 2)).toEqual([told]);
  });

  test("or not answered at all is shown as not carried out", async () => {
    const world = worldWith(asks, answer);
    const { id } = await asked(world);
    await world.run({ tools: [docs], previous_response_id: id, input: "never mind" });
    expect(shown(world, 1)).toMatchObject([
      ["write", '{"q":"x"}', expect.stringContaining("has not answered")],
    ]);
  });
});

describe("an answer", () => {
  test("to a request that is not there is a 404", async () => {
    const world = worldWith();
    const input = [{ role: "user", content: "hi" }, says("mcpr_unknown", true)];
    await expect(world.respond({ tools: [docs], input }).next()).rejects.toMatchObject({
      status: 404,
      param: "input[1].approval_request_id",
      message: expect.stringContaining("mcpr_unknown"),
    });
  });

  test.for([
    [true, true],
    [false, true],
  ] as const)("counts once: %s and later %s is a 422", async ([first, second]) => {
    const world = worldWith(asks, answer);
    const { id, request } = await asked(world);
    const next = await world.run({ tools: [docs], previous_response_id: id, input: [says(request, first)] });
    const again = { tools: [docs], previous_response_id: next.id, input: [says(request, second)] };
    await expect(world.respond(again).next()).rejects.toMatchObject({
      status: 422,
      param: "input[0].approval_request_id",
    });
  });

  test("counts once within a request", async () => {
    const world = worldWith(asks);
    const { id, request } = await asked(world);
    const input = [says(request, true), says(request, false)];
    await expect(
      world.respond({ tools: [docs], previous_response_id: id, input }).next(),
    ).rejects.toMatchObject({
      status: 422,
      param: "input[1].approval_request_id",
    });
  });
});

test("what a former process has carried out for a request takes nothing from its other approvals", () => {
  const of = (name: string) => ({ server_label: "docs", name, arguments: "{}" });
  const items = [
    { type: "mcp_approval_request", id: "mcpr_1", ...of("write") },
    { type: "mcp_approval_request", id: "mcpr_2", ...of("read") },
    { ...says("mcpr_1", true), id: "a1" },
    { ...says("mcpr_2", true), id: "a2" },
    { type: "mcp_call", id: "mcp_1", ...of("write"), output: "x", approval_request_id: "mcpr_1" },
  ] as Item[];
  const places = new Map([
    ["a1", 0],
    ["a2", 1],
  ]);
  expect(findApproved(items, places)).toMatchObject([
    { request: { id: "mcpr_2" }, param: "input[1].approval_request_id" },
  ]);
});
