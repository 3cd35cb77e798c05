import { expect, test } from "vitest";
import { parseSteerInput } from "./parse-steer-input.ts";

const parts = [
  { type: "input_text", text: "x" },
  { type: "input_image", image_url: "https://example.com/a.png" },
  { type: "input_file", file_id: "file-1" },
];

test.for([
  ["text", "text"],
  [[{ role: "user", content: "text" }], "text"],
  [[{ type: "message", role: "user", content: parts, id: null, status: null }], parts],
] as const)("%j is a message of the user's", ([input, content]) => {
  expect(parseSteerInput({ input, unknown: [] })).toEqual([
    { type: "message", role: "user", content, id: expect.stringMatching(/^msg_/) },
  ]);
});

test.for([
  [undefined, "input"],
  ["", "input"],
  [[], "input"],
  [[{ role: "assistant", content: "x" }], "input[0].role"],
  [[{ role: "user" }], "input[0].content"],
  [[{ role: "user", content: [] }], "input[0].content"],
  [[{ role: "user", content: [{ type: "input_audio" }] }], "input[0].content[0].type"],
  [[{ role: "user", content: [{ type: "input_text" }] }], "input[0].content[0].text"],
  [[{ type: "item_reference", id: "msg_1" }], "input[0].role"],
] as const)("%j is not", ([input, param]) => {
  expect(() => parseSteerInput({ input, unknown: [] })).toThrow(
    expect.objectContaining({ status: 422, param: expect.stringContaining(param.split(".")[0] ?? "") }),
  );
});

test("a steering message with other fields is refused by their name", () => {
  expect(() => parseSteerInput({ input: "x", unknown: ["stream_id"] })).toThrow(
    expect.objectContaining({ param: "stream_id", code: "unknown_parameter" }),
  );
});
