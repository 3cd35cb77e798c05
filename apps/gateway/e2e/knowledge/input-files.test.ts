import { text } from "@gateway/testkit";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { makeDocx, makePdf, redPixel } from "./sample-files.ts";

type Part = OpenAI.Responses.ResponseInputContent;

describe.for(oneDoor)("files in a request through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
    doors.backend.setDefault(text("Seen"));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const addFile = async (
    content: string | Uint8Array,
    name: string,
    purpose: OpenAI.FilePurpose = "user_data",
  ) => (await client.files.create({ file: await toFile(Buffer.from(content), name), purpose })).id;
  const send = (...content: Part[]) =>
    client.responses.create({ model: "scripted", input: [{ role: "user", content }] });
  const shown = () => doors.backend.requests.at(-1)?.body.messages?.at(-1)?.content;
  const question: Part = { type: "input_text", text: "What is it?" };
  const dataUrl = (type: string, bytes: Uint8Array) =>
    `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;

  test.for([
    ["plain text", "notes – 1.txt", "Ferns grow."],
    ["a PDF", "report.pdf", makePdf("The dugong grazes.")],
    ["a Word document", "letter.docx", makeDocx("The capybara swims.")],
  ] as const)("by id reach the model as text under their name: %s", async ([, name, content]) => {
    const file_id = await addFile(content, name);
    await send({ type: "input_file", file_id }, question);
    expect(shown()).toMatch(
      new RegExp(
        `^File: ${name}\\n\\n\\s*(?:Ferns grow|The dugong grazes|The capybara swims)\\.\\s*What is it\\?$`,
      ),
    );
  });

  test("as data reach the model as text, as a data URL or bare base64, with a name or without", async () => {
    const pdf = makePdf("The dugong grazes.");
    await send(
      { type: "input_file", filename: "d.pdf", file_data: dataUrl("application/pdf", pdf) },
      question,
    );
    expect(shown()).toMatch(/^File: d\.pdf\n\n[\s\S]*The dugong grazes\.[\s\S]*What is it\?$/);
    await send({ type: "input_file", file_data: Buffer.from(pdf).toString("base64") }, question);
    expect(shown()).toContain("The dugong grazes.");
  });

  test("that are pictures reach the model as data URLs", async () => {
    const file_id = await addFile(redPixel, "red.png", "vision");
    await send(question, { type: "input_image", file_id, detail: "low" });
    expect(shown()).toEqual([
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url: dataUrl("image/png", redPixel), detail: "low" } },
    ]);
  });

  test("are sent again with the next response, for as long as they are there", async () => {
    const file_id = await addFile("Ferns grow.", "ferns.txt");
    const first = await send({ type: "input_file", file_id }, question);
    const ask = () =>
      client.responses.create({ model: "scripted", input: "And?", previous_response_id: first.id });
    await ask();
    expect(doors.backend.requests.at(-1)?.body.messages?.[0]?.content).toBe(
      "File: ferns.txt\n\nFerns grow.\nWhat is it?",
    );
    const { data } = await client.responses.inputItems.list(first.id);
    expect(data).toMatchObject([{ content: [{ type: "input_file", file_id }, { type: "input_text" }] }]);
    await client.files.delete(file_id);
    await ask();
    expect(doors.backend.requests.at(-1)?.body.messages?.[0]?.content).toContain("no longer available");
  });

  test("may be the output of a function", async () => {
    const file_id = await addFile("Ferns grow.", "ferns.txt");
    await client.responses.create({
      model: "scripted",
      input: [
        { role: "user", content: "Look it up" },
        { type: "function_call", call_id: "c1", name: "look", arguments: "{}" },
        { type: "function_call_output", call_id: "c1", output: [{ type: "input_file", file_id }] },
      ],
    });
    expect(doors.backend.requests.at(-1)?.body.messages?.at(-1)).toMatchObject({
      role: "tool",
      tool_call_id: "c1",
      content: "File: ferns.txt\n\nFerns grow.",
    });
  });

  test.for<[string, object, number, string, string | null]>([
    ["an unknown id", { type: "input_file", file_id: "file-none" }, 404, "file_id", null],
    [
      "an unknown picture",
      { type: "input_image", file_id: "file-none", detail: "auto" },
      404,
      "file_id",
      null,
    ],
    [
      "no file at all",
      { type: "input_file", filename: "a.txt" },
      422,
      "file_id",
      "missing_required_parameter",
    ],
    [
      "a URL of this machine",
      { type: "input_file", file_url: "http://127.0.0.1:8080/a.pdf" },
      422,
      "file_url",
      "invalid_file_url",
    ],
    ["broken data", { type: "input_file", file_data: "%%%" }, 422, "file_data", "invalid_value"],
    [
      "a broken PDF",
      { type: "input_file", file_data: "JVBERi0xLjQ=", filename: "a.pdf" },
      422,
      "file_data",
      "invalid_file",
    ],
  ])("are refused with their place: %s", async ([, part, status, key, code]) => {
    const before = doors.backend.requests.length;
    await expect(send(question, part as Part)).rejects.toMatchObject({
      status,
      code,
      param: `input[0].content[1].${key}`,
    });
    expect(doors.backend.requests).toHaveLength(before);
  });

  test("are refused where they are not what they are used for", async () => {
    const words = await addFile("no picture", "a.png", "vision");
    await expect(send({ type: "input_image", file_id: words, detail: "auto" })).rejects.toMatchObject({
      status: 422,
      param: "input[0].content[0].file_id",
      code: "unsupported_image_media_type",
    });
    const noise = await addFile(
      Uint8Array.from({ length: 4000 }, (_, n) => (n * 7919) % 256),
      "a.bin",
    );
    await expect(send({ type: "input_file", file_id: noise })).rejects.toMatchObject({
      status: 422,
      param: "input[0].content[0].file_id",
      code: "unsupported_file",
    });
  });
});
