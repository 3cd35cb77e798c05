import { text } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "./doors.ts";
import { post } from "./post.ts";

const ask = { model: "scripted" };
const user = { role: "user", content: "hi" };
const nested = {
  ...ask,
  reasoning: { foo: 1 },
  text: { format: { type: "text", foo: 1 } },
  tools: [{ type: "function", name: "f", parameters: { type: "object", foo: 1 }, foo: 1 }],
  input: [{ ...user, content: [{ type: "input_text", text: "hi", zzz: 1 }], zzz: 1 }],
};

async function withGateway(config: Record<string, unknown>): Promise<Doors> {
  const doors = await startDoors(config);
  doors.backend.setDefault(text("Hello."));
  return doors;
}

describe.each(doorNames)("a field that the API does not have inside of another, through %s", (door) => {
  let doors: Doors;
  beforeAll(async () => {
    doors = await withGateway({});
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  test("is named by its path, and the answer is made", async () => {
    const response = await post(doors.url(door), nested);
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-ignored")?.split(", ").sort()).toEqual([
      "input[0].content[0].zzz",
      "input[0].zzz",
      "reasoning.foo",
      "text.format.foo",
      "tools[0].foo",
    ]);
  });

  test("makes no long header, however many there are", async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]));
    const input = Array.from({ length: 20 }, () => ({ ...user, ...many }));
    const response = await post(doors.url(door), { ...ask, input });
    expect(response.status).toBe(200);
    const names = response.headers.get("x-gateway-ignored")?.split(", ") ?? [];
    expect([names.length, names[0]]).toEqual([50, "input[0].k0"]);
  });

  test("is not what an answer has that is sent back", async () => {
    const first = await post(doors.url(door), {
      ...ask,
      input: "hi",
      include: ["reasoning.encrypted_content"],
    });
    const { output } = (await first.json()) as { output: object[] };
    expect(output).not.toEqual([]);
    const response = await post(doors.url(door), { ...ask, input: [user, ...output, user] });
    expect([response.status, response.headers.get("x-gateway-ignored")]).toEqual([200, null]);
  });
});

test("with strict_params it is a 422 that names the first", async () => {
  await using doors = await withGateway({ strict_params: true });
  const response = await post(doors.url("http"), nested);
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    error: { type: "invalid_request_error", code: "unknown_parameter", param: "reasoning.foo" },
  });
});
