import { waitFor } from "@gateway/testkit";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { doorNames } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";
import { calling, offeredNames, shownOutputs } from "../mcp/calling-model.ts";
import { startCodeDoors } from "./code-doors.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

type CodeCall = OpenAI.Responses.ResponseCodeInterpreterToolCall;

const auto = { type: "code_interpreter" as const, container: { type: "auto" as const } };
const outputs = ["code_interpreter_call.outputs" as const];
/** The smallest PNG there is: one pixel. */
const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A model that runs these pieces of code, one a turn, and then answers. */
function running(code: readonly string[], answer = "Done.") {
  return calling(
    code.map((text) => [{ name: "code_interpreter", arguments: { code: text } }]),
    answer,
  );
}

function callsIn(response: OpenAI.Responses.Response): CodeCall[] {
  return response.output.filter((item) => item.type === "code_interpreter_call");
}

function logsOf(call: CodeCall | undefined): string {
  const first = call?.outputs?.[0];
  return first?.type === "logs" ? first.logs : "";
}

describe.for(doorNames)("code_interpreter through %s", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startCodeDoors();
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test("code is run, told step by step, and the model goes on with what it printed", async () => {
    doors.backend.setDefault(running(["x = 6 * 7\nprint('the answer')\nx"], "It is 42."));
    const stream = client.responses.stream({
      model: "scripted",
      input: "hi",
      tools: [auto],
      include: outputs,
    });
    const types: string[] = [];
    for await (const event of stream)
      if (/code_interpreter|output_item/.test(event.type)) types.push(event.type);
    const response = await stream.finalResponse();
    expect(types).toEqual([
      "response.output_item.added",
      "response.code_interpreter_call.in_progress",
      "response.code_interpreter_call_code.delta",
      "response.code_interpreter_call_code.done",
      "response.code_interpreter_call.interpreting",
      "response.code_interpreter_call.completed",
      "response.output_item.done",
      "response.output_item.added",
      "response.output_item.done",
    ]);
    expect(callsIn(response)).toMatchObject([
      {
        status: "completed",
        code: "x = 6 * 7\nprint('the answer')\nx",
        container_id: expect.stringMatching(/^cntr_/),
        outputs: [{ type: "logs", logs: "the answer\n42\n" }],
      },
    ]);
    expect(response.output_text).toBe("It is 42.");
    const [first, second] = doors.backend.requests.slice(-2);
    expect(offeredNames(first)).toEqual(["code_interpreter"]);
    expect(shownOutputs(second)).toEqual(["the answer\n42"]);
  });

  test("outputs are told only where they are asked for, and stored all the same", async () => {
    doors.backend.setDefault(running(["print('hidden')"]));
    const response = await client.responses.create({ model: "scripted", input: "hi", tools: [auto] });
    expect(callsIn(response)).toMatchObject([{ status: "completed", outputs: null }]);
    const shown = await client.responses.retrieve(response.id, { include: outputs });
    expect(logsOf(callsIn(shown)[0])).toBe("hidden\n");
  });

  test("the next response goes on in the same container, with its variables", async () => {
    doors.backend.setDefault(running(["kept = 'kept'"]));
    const first = await client.responses.create({ model: "scripted", input: "hi", tools: [auto] });
    doors.backend.setDefault(running(["kept"]));
    const second = await client.responses.create({
      model: "scripted",
      input: "and now?",
      previous_response_id: first.id,
      tools: [auto],
      include: outputs,
    });
    const [before, after] = [...callsIn(first), ...callsIn(second)];
    expect(after?.container_id).toBe(before?.container_id);
    expect(logsOf(after)).toBe("'kept'\n");
    const history = doors.backend.requests.at(-1)?.body.messages ?? [];
    expect(JSON.stringify(history)).toContain("kept = 'kept'");
  });

  test("an exception completes the call, and the model is told", async () => {
    doors.backend.setDefault(running(["1 / 0"]));
    const response = await client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [auto],
      include: outputs,
    });
    expect(callsIn(response)).toMatchObject([{ status: "completed" }]);
    expect(logsOf(callsIn(response)[0])).toContain("ZeroDivisionError");
    expect(shownOutputs(doors.backend.requests.at(-1))[0]).toContain("ZeroDivisionError");
  });

  test("files are handed over, and those that are written are kept, cited and shown", async () => {
    const uploaded = await client.files.create({
      file: new File(["a,b\n1,2\n"], "data.csv"),
      purpose: "assistants",
    });
    const code = [
      "import base64",
      "text = open('data.csv').read()",
      "open('out.txt', 'w').write(text.upper())",
      `open('dot.png', 'wb').write(base64.b64decode('${png}'))`,
      "print(text)",
    ].join("\n");
    doors.backend.setDefault(running([code], "Here: [Download](sandbox:/mnt/data/out.txt). Ünd 🎉"));
    const stream = client.responses.stream({
      model: "scripted",
      input: "hi",
      tools: [{ type: "code_interpreter", container: { type: "auto", file_ids: [uploaded.id] } }],
      include: outputs,
    });
    const response = await stream.finalResponse();
    const [call] = callsIn(response);
    expect(call?.outputs).toEqual([
      { type: "logs", logs: "a,b\n1,2\n\n" },
      { type: "image", url: `data:image/png;base64,${png}` },
    ]);
    const containerId = call?.container_id ?? "";
    const files = await client.containers.files.list(containerId);
    const byPath = new Map(files.data.map((file) => [file.path, file]));
    expect([...byPath].map(([path, { source }]) => [path, source]).sort()).toEqual([
      ["/mnt/data/data.csv", "user"],
      ["/mnt/data/dot.png", "assistant"],
      ["/mnt/data/out.txt", "assistant"],
    ]);
    const out = byPath.get("/mnt/data/out.txt");
    const message = response.output.at(-1);
    const part = message?.type === "message" ? message.content[0] : undefined;
    if (part?.type !== "output_text") throw new Error("there is no text");
    expect(part.annotations).toMatchObject([
      { type: "container_file_citation", container_id: containerId, file_id: out?.id, filename: "out.txt" },
    ]);
    const [cited] = part.annotations as unknown as { start_index: number; end_index: number }[];
    expect([...part.text].slice(cited?.start_index, cited?.end_index).join("")).toBe(
      "sandbox:/mnt/data/out.txt",
    );
    const content = await client.containers.files.content.retrieve(out?.id ?? "", {
      container_id: containerId,
    });
    expect(await content.text()).toBe("A,B\n1,2\n");
  });

  test("max_tool_calls bounds the runs", async () => {
    doors.backend.setDefault(running(["print(1)", "print(2)"], "Enough."));
    const response = await client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [auto],
      max_tool_calls: 1,
    });
    expect(callsIn(response)).toHaveLength(1);
  });

  test("a container of the caller's is used with its files, and one that is not there is refused", async () => {
    const container = await client.containers.create({ name: "mine" });
    await client.containers.files.create(container.id, { file: new File(["from the caller"], "note.txt") });
    doors.backend.setDefault(running(["open('note.txt').read()"]));
    const response = await client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [{ type: "code_interpreter", container: container.id }],
      include: outputs,
    });
    expect(callsIn(response)).toMatchObject([{ container_id: container.id }]);
    expect(logsOf(callsIn(response)[0])).toBe("'from the caller'\n");
    const missing = client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [{ type: "code_interpreter", container: "cntr_missing" }],
    });
    await expect(missing).rejects.toMatchObject({ status: 404, param: "tools[0].container" });
    const file = client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [{ type: "code_interpreter", container: { type: "auto", file_ids: ["file-missing"] } }],
    });
    await expect(file).rejects.toMatchObject({ status: 404, param: "tools[0].container.file_ids[0]" });
  });

  test("files of the input are there, by id and with their content", async () => {
    const uploaded = await client.files.create({
      file: new File(["a,b\n1,2\n"], "data.csv"),
      purpose: "user_data",
    });
    doors.backend.setDefault(running(["for n in ('data.csv', 'note.txt'): print(open(n).read().strip())"]));
    const response = await client.responses.create({
      model: "scripted",
      input: [
        {
          role: "user",
          content: [
            { type: "input_file", file_id: uploaded.id },
            {
              type: "input_file",
              filename: "note.txt",
              file_data: `data:text/plain;base64,${btoa("hello")}`,
            },
            { type: "input_text", text: "What is in them?" },
          ],
        },
      ],
      tools: [auto],
      include: outputs,
    });
    expect(logsOf(callsIn(response)[0])).toBe("a,b\n1,2\nhello\n");
  });

  test("code and its user may get in each other's way, and the code's variables stay", async () => {
    const { id } = await client.containers.create({ name: "clash" });
    const run = async (code: string) => {
      doors.backend.setDefault(running([code]));
      const tools = [{ type: "code_interpreter" as const, container: id }];
      const response = await client.responses.create({
        ...{ model: "scripted", input: "hi" },
        ...{ tools, include: outputs },
      });
      return callsIn(response)[0];
    };
    const made = await run("import os; x = 41; os.makedirs('clash'); open('shut', 'w'); os.chmod('shut', 0)");
    expect(made?.status).toBe("completed");
    await client.containers.files.create(id, { file: new File(["mine"], "clash") });
    const call = await run("os.chdir('/'); os.rename('/mnt/data', '/mnt/old'); print(x)");
    expect(call?.status).toBe("completed");
    expect(logsOf(call)).toMatch(/not in \/mnt\/data.*: clash\.\]\n41\n\n\[.*made anew/s);
    expect(logsOf(await run("print(x, os.listdir('/mnt/data'))"))).toBe("41 ['clash']\n");

    doors.backend.setDefault(running(["import time; time.sleep(15)"]));
    const stream = client.responses.stream({
      ...{ model: "scripted", input: "hi", include: outputs },
      tools: [{ type: "code_interpreter", container: id }],
    });
    for await (const { type } of stream)
      if (type === "response.code_interpreter_call.interpreting") await client.containers.delete(id);
    const [deleted] = callsIn(await stream.finalResponse());
    expect(deleted).toMatchObject({ status: "failed" });
    expect(logsOf(deleted)).toContain("container was deleted");
  });

  test("tool_choice makes the model run code", async () => {
    doors.backend.setDefault(running(["1"]));
    await client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [auto, { type: "function", name: "other", parameters: {}, strict: false }],
      tool_choice: { type: "code_interpreter" },
    });
    const asked = doors.backend.requests.at(-2);
    expect(offeredNames(asked)).toEqual(["code_interpreter"]);
    expect(asked?.body.tool_choice).toBe("required");
  });

  test("code of a response whose client leaves is ended, and the next run begins anew", async () => {
    doors.backend.setDefault(running(["state = 1"]));
    const first = await client.responses.create({ model: "scripted", input: "hi", tools: [auto] });
    doors.backend.setDefault(running(["while True: pass"]));
    const abort = new AbortController();
    const stream = await client.responses.create(
      { model: "scripted", input: "hi", tools: [auto], previous_response_id: first.id, stream: true },
      { signal: abort.signal },
    );
    let left = "";
    for await (const event of stream) {
      if (event.type === "response.created") left = event.response.id;
      if (event.type === "response.code_interpreter_call.interpreting") abort.abort();
    }
    await waitFor(async () => (await client.responses.retrieve(left)).status === "cancelled", {
      what: "the response to be cancelled",
    });
    expect(callsIn(await client.responses.retrieve(left))).toMatchObject([{ status: "incomplete" }]);
    doors.backend.setDefault(running(["'state' in globals()"]));
    const next = await client.responses.create({
      model: "scripted",
      input: "hi",
      tools: [auto],
      previous_response_id: first.id,
      include: outputs,
    });
    expect(logsOf(callsIn(next)[0])).toMatch(/^\[The interpreter was started anew.*\]\nFalse\n$/s);
  });
});

test("variables are lost by a restart, and files are not", async () => {
  await using doors = await startCodeDoors();
  doors.backend.setDefault(running(["kept = 1; open('kept.txt', 'w').write('kept')"]));
  const first = await doors
    .client("http")
    .responses.create({ model: "scripted", input: "hi", tools: [auto] });
  await doors.restart();
  doors.backend.setDefault(running(["print('kept' in globals(), open('kept.txt').read())"]));
  const second = await doors.client("http").responses.create({
    model: "scripted",
    input: "hi",
    tools: [auto],
    previous_response_id: first.id,
    include: outputs,
  });
  expect(callsIn(second)[0]?.container_id).toBe(callsIn(first)[0]?.container_id);
  expect(logsOf(callsIn(second)[0])).toMatch(/started anew[\s\S]*False kept\n$/);
});

test("code that takes too long fails its call, and the response goes on", async () => {
  await using doors = await startCodeDoors({ timeout: "1s" });
  doors.backend.setDefault(running(["while True: pass"], "It took too long."));
  const response = await doors.client("http").responses.create({
    model: "scripted",
    input: "hi",
    tools: [auto],
    include: outputs,
  });
  expect(response.status).toBe("completed");
  expect(callsIn(response)).toMatchObject([{ status: "failed" }]);
  expect(logsOf(callsIn(response)[0])).toContain("The code took longer than 1 s.");
  expect(response.output_text).toBe("It took too long.");
});

test("where no code is run, the tool is accepted and not offered", async () => {
  await using doors = await startKnowledge({ embeddings: null });
  doors.backend.setDefault(calling([], "Hello."));
  const { data, response } = await doors
    .client("http")
    .responses.create({ model: "scripted", input: "hi", tools: [auto] })
    .withResponse();
  expect(data.tools).toMatchObject([{ type: "code_interpreter" }]);
  expect(response.headers.get("x-gateway-ignored")).toContain("tools[0].type");
  expect(offeredNames(doors.backend.requests.at(-1))).toEqual([]);
  await expect(doors.client("http").containers.list()).rejects.toMatchObject({ status: 404 });
  const chosen = doors.client("http").responses.create({
    model: "scripted",
    input: "hi",
    tools: [auto],
    tool_choice: { type: "code_interpreter" },
  });
  await expect(chosen).rejects.toBeInstanceOf(OpenAI.UnprocessableEntityError);
});
