import { parseCreateRequest } from "@gateway/protocol";
import { expect, test } from "vitest";
import type { Sealer } from "../sealer.ts";
import { fromPayload, toPayload } from "./respond-payload.ts";

const sealer: Sealer = {
  seal: (text, context) => Buffer.from(JSON.stringify([context, text])).toString("base64"),
  open(sealed, context) {
    if (sealed === "foreign") return { fault: "another_key" };
    const [belongsTo, text] = JSON.parse(Buffer.from(sealed, "base64").toString()) as [string, string];
    return belongsTo === context ? { text } : { fault: "damaged" };
  },
};

const docs = {
  type: "mcp",
  server_label: "docs",
  server_url: "https://docs.example.com/mcp?key=hunter1",
  headers: { "x-key": "hunter2" },
  authorization: "hunter3",
};
const wiki = { type: "mcp", server_label: "wiki", connector_id: "wiki" };
const later = { ...docs, server_label: "later", authorization: "hunter4" };

function parse(fields: object) {
  return parseCreateRequest({ model: "m", input: "hi", ...fields }, false).request;
}

test("a request comes back from its payload as it was, and the payload has no key in clear", () => {
  const request = parse({
    tools: [wiki, docs, { type: "function", name: "own", parameters: {} }],
    input: [
      { type: "additional_tools", role: "developer", tools: [later] },
      { role: "user", content: "hi" },
    ],
  });
  const payload = toPayload(request, "context", sealer);
  expect(JSON.stringify(payload)).not.toMatch(/hunter/);
  expect(fromPayload(JSON.parse(JSON.stringify(payload)), "context", sealer)).toEqual(
    JSON.parse(JSON.stringify(request)),
  );
});

test("a request without MCP servers is kept as it is", () => {
  const request = parse({ tools: [{ type: "function", name: "own", parameters: {} }] });
  expect(toPayload(request, "context", sealer)).toEqual({ request });
  // As are those that a former version has queued.
  expect(fromPayload({ request }, "context", sealer)).toBe(request);
});

test("what a container would send to sites is not in the payload at all", () => {
  const network_policy = { type: "allowlist", domain_secrets: [{ value: "hunter5" }] };
  const code = { type: "code_interpreter", container: { type: "auto", network_policy } };
  const request = parse({ tools: [code], background: true });
  expect(JSON.stringify(toPayload(request, "context", sealer))).not.toContain("hunter5");
});

test("keys that cannot be opened are an error that says what to do, and does not repeat them", () => {
  const payload = toPayload(parse({ tools: [docs] }), "context", sealer);
  expect(() => fromPayload(payload, "another", sealer)).toThrow("Send the request again");
  expect(() => fromPayload({ ...payload, sealed: "foreign" }, "context", sealer)).toThrow(
    "another server key",
  );
});
