import { describe, expect, test } from "vitest";
import { EngineWorld, say } from "./testing/engine-world.ts";

const hello = [[say.text("Hi"), say.stop]];

function worldWith(...templates: string[]): EngineWorld {
  const world = new EngineWorld(hello, hello);
  world.knowledge.templates.set("pmpt_1", templates);
  world.knowledge.texts.set("file-1", { filename: "a.pdf", text: "All of it." });
  world.knowledge.pictures.set("file-2", "data:image/png;base64,AAAA");
  return world;
}

/** What the model was shown in its first turn. */
function seen(world: EngineWorld) {
  return world.model.seen[0]?.turn.items;
}

describe("a prompt", () => {
  test("is a developer message before everything else, and is told as instructions", async () => {
    const world = worldWith("Speak {{ language }}, {{language}} only.");
    const prompt = { id: "pmpt_1", variables: { language: "French" } };
    const response = await world.run({ prompt, instructions: "Be brief." });
    const text = "Speak French, French only.";
    const message = { type: "message", role: "developer", content: [{ type: "input_text", text }] };
    expect(seen(world)).toMatchObject([message, { role: "user" }]);
    expect(response.prompt).toEqual(prompt);
    expect(response.instructions).toMatchObject([message, { content: [{ text: "Be brief." }] }]);
  });

  test("may be all there is, in the version that was asked for", async () => {
    const world = worldWith("one", "two");
    await world.run({ prompt: { id: "pmpt_1", version: "2" }, input: null });
    expect(seen(world)).toMatchObject([{ content: [{ text: "two" }] }]);
    await world.run({ prompt: { id: "pmpt_1", version: 1 }, input: null });
    expect(world.model.seen[1]?.turn.items).toMatchObject([{ content: [{ text: "one" }] }]);
  });

  test("with pictures and files is a user message", async () => {
    const world = worldWith("Compare {{picture}} with {{file}} please.");
    const variables = {
      picture: { type: "input_image", file_id: "file-2" },
      file: { type: "input_file", file_id: "file-1" },
    };
    await world.run({ prompt: { id: "pmpt_1", variables }, input: null });
    expect(seen(world)).toMatchObject([
      {
        role: "user",
        content: [
          { type: "input_text", text: "Compare " },
          { type: "input_image", image_url: "data:image/png;base64,AAAA" },
          { type: "input_text", text: " with " },
          { type: "input_text", text: "File: a.pdf\n\nAll of it." },
          { type: "input_text", text: " please." },
        ],
      },
    ]);
  });

  test("that would be endless is refused", async () => {
    const world = worldWith("{{a}}".repeat(1000));
    const prompt = { id: "pmpt_1", variables: { a: "x".repeat(10_000) } };
    await expect(world.run({ prompt })).rejects.toMatchObject({ status: 422, param: "prompt.variables.a" });
  });

  test("does not fill in what a variable holds", async () => {
    const world = worldWith("{{a}}");
    await world.run({ prompt: { id: "pmpt_1", variables: { a: "{{a}} $& {{b}}" } } });
    expect(seen(world)).toMatchObject([{ content: [{ text: "{{a}} $& {{b}}" }] }, {}]);
  });

  test.each([
    [{ id: "pmpt_1" }, 422, "prompt.variables.name"],
    [{ id: "pmpt_1", variables: { name: "x", other: "y" } }, 422, "prompt.variables.other"],
    [
      { id: "pmpt_1", variables: { name: { type: "input_file", file_id: "file-9" } } },
      404,
      "prompt.variables",
    ],
    [{ id: "pmpt_2" }, 404, "prompt.id"],
    [{ id: "pmpt_1", version: "7" }, 404, "prompt.version"],
    [{ id: "pmpt_1", variables: { name: 1 } }, 422, "prompt.variables.name"],
  ])("%j is a %i that names %s", async (prompt, status, param) => {
    const world = worldWith("Hello {{name}}");
    await expect(async () => world.run({ prompt })).rejects.toMatchObject({ status, param });
  });
});

describe("files in a request", () => {
  const ask = (...content: unknown[]) => ({ input: [{ role: "user", content }] });

  test("are shown to the model as what they hold, and stored as they were sent", async () => {
    const world = worldWith();
    const parts = [
      { type: "input_file", file_id: "file-1" },
      { type: "input_file", filename: "b.txt", file_data: Buffer.from("Bonjour").toString("base64") },
      { type: "input_image", file_id: "file-2", detail: "low" },
    ];
    const { id } = await world.run(ask(...parts));
    expect(seen(world)).toMatchObject([
      {
        content: [
          { type: "input_text", text: "File: a.pdf\n\nAll of it." },
          { type: "input_text", text: "File: b.txt\n\nBonjour" },
          { type: "input_image", image_url: "data:image/png;base64,AAAA", detail: "low" },
        ],
      },
    ]);
    expect((await world.responses.get("acme", id))?.input).toMatchObject([{ content: parts }]);
  });

  test("may be what a function answered", async () => {
    const world = worldWith();
    const output = [{ type: "input_file", file_id: "file-1" }];
    await world.run({
      input: [
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output },
      ],
    });
    expect(seen(world)?.[1]).toMatchObject({
      output: [{ type: "input_text", text: "File: a.pdf\n\nAll of it." }],
    });
  });

  test("of a screenshot that is not there the field that was sent is named", async () => {
    const output = { type: "computer_screenshot", file_id: "file-9" };
    const input = [
      { type: "computer_call", call_id: "c", action: { type: "screenshot" } },
      { type: "computer_call_output", call_id: "c", output },
    ];
    await expect(worldWith().run({ input })).rejects.toMatchObject({
      status: 404,
      param: "input[1].output.file_id",
    });
  });

  test.each([
    [{ type: "input_file", file_id: "file-9" }, 404, "file_id"],
    [{ type: "input_image", file_id: "file-9" }, 404, "file_id"],
    [{ type: "input_file", file_url: "https://example.com/a.pdf" }, 422, "file_url"],
    [{ type: "input_file", file_data: "data:text/plain,%E0%A4%A" }, 422, "file_data"],
    [{ type: "input_file", file_data: "***" }, 422, "file_data"],
    [{ type: "input_file" }, 422, "file_id"],
  ])("%j is a %i that names its %s", async (part, status, key) => {
    const text = { type: "input_text", text: "Look:" };
    await expect(worldWith().run(ask(text, part))).rejects.toMatchObject({
      status,
      param: `input[0].content[1].${key}`,
    });
  });

  test("that are long runs of nothing are refused at once", async () => {
    const part = { type: "input_file", file_data: `${" ".repeat(300_000)}!` };
    await expect(worldWith().run(ask(part))).rejects.toMatchObject({ status: 422 });
  });

  test("are read once, however often they are named, and have a limit together", async () => {
    const world = worldWith();
    let reads = 0;
    const { files } = world.knowledge;
    const { text } = files;
    files.text = (...args) => {
      reads++;
      return text(...args);
    };
    world.knowledge.texts.set("file-1", { filename: "a.txt", text: "x".repeat(20_000_000) });
    const part = { type: "input_file", file_id: "file-1" };
    await world.run(ask(part, part, part));
    expect(reads).toBe(1);
    await expect(world.run(ask(part, part, part, part))).rejects.toMatchObject({
      status: 413,
      param: "input[0].content[3].file_id",
    });
  });

  test("of former turns that have gone since are missed, not an error", async () => {
    const world = worldWith();
    const { id } = await world.run(ask({ type: "input_file", file_id: "file-1" }));
    world.knowledge.texts.clear();
    await world.run({ input: "And?", previous_response_id: id });
    expect(world.model.seen[1]?.turn.items[0]).toMatchObject({
      content: [{ type: "input_text", text: expect.stringContaining("no longer available") }],
    });
  });
});
