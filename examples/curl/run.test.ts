import { join } from "node:path";
import {
  cleanEnv,
  errorAnswer,
  type RecordedRequest,
  type ScriptedBackend,
  startChild,
  startScriptedBackend,
  text,
  toolCalls,
} from "@gateway/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";

const withGateway = join(import.meta.dirname, "..", "with-gateway.sh");
const script = join(import.meta.dirname, "run.sh");

let backend: ScriptedBackend;
beforeEach(async () => {
  backend = await startScriptedBackend({ models: ["alpha", "beta"] });
});
afterEach(() => backend.stop());

async function run(...command: string[]) {
  const env = cleanEnv({ OPENAI_BASE_URL: backend.url, OPENAI_API_KEY: "sk-test" });
  const child = await startChild({ command: withGateway, args: command, env, input: "" });
  return { ...(await child.exited), stdout: child.stdout(), stderr: child.stderr() };
}

const rolesOf = ({ body: { messages = [] } }: RecordedRequest) => messages.map(({ role }) => role).join(" ");

test("walks through the API with the first model of the server", async () => {
  backend.setDefault(({ body }) =>
    body.tools && body.messages?.at(-1)?.role !== "tool"
      ? toolCalls([{ name: "get_weather", arguments: { city: "Paris" } }])
      : text("Fine."),
  );
  const { code, stdout, stderr } = await run(script);
  expect(code, stderr).toBe(0);
  expect(stderr).toBe("");
  expect(backend.requests.map(({ body }) => body.model)).toEqual(Array(4).fill("alpha"));
  expect(backend.requests.map(rolesOf)).toEqual([
    "user",
    "user assistant user",
    "user",
    "user assistant tool",
  ]);
  expect(stdout).toContain("event: response.completed");
  expect(stdout.match(/"object":"response","deleted":true/g)).toHaveLength(4);
});

test("ends with the first error, and shows it", async () => {
  backend.setDefault(
    errorAnswer(400, { message: "The question is too long.", code: "context_length_exceeded" }),
  );
  const { code, stdout } = await run(script);
  expect(code).toBe(1);
  expect(stdout).toMatch(/"code":"context_length_exceeded"/);
  expect(backend.requests).toHaveLength(1);
});

test("runs any command beside a gateway, which ends with it", async () => {
  const { code, stdout } = await run("sh", "-c", 'echo "$GATEWAY_URL $MODEL"; exit 7');
  expect(code).toBe(7);
  const [url = "", model] = stdout.trim().split(" ");
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(model).toBe("alpha");
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});

test("asks for a command where there is none", async () => {
  const { code, stderr } = await run();
  expect(code).toBe(2);
  expect(stderr).toContain("Which command?");
});
