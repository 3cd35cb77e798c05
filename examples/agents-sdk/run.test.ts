import { join } from "node:path";
import {
  cleanEnv,
  type RecordedRequest,
  startChild,
  startScriptedBackend,
  text,
  toolCalls,
} from "@gateway/testkit";
import { expect, test } from "vitest";

const rolesOf = ({ body: { messages = [] } }: RecordedRequest) => messages.map(({ role }) => role).join(" ");

test("the agent looks at the weather, and remembers what was said", async () => {
  await using backend = await startScriptedBackend({ models: ["small"] });
  backend.enqueue(...toolCalls([{ name: "get_weather", arguments: { city: "Paris" } }]));
  backend.enqueue(...text("Take an umbrella."));
  backend.enqueue(...text("You are welcome."));
  const child = await startChild({
    command: join(import.meta.dirname, "..", "with-gateway.sh"),
    args: [join(import.meta.dirname, "run.sh")],
    env: cleanEnv({ OPENAI_BASE_URL: backend.url, OPENAI_API_KEY: "sk-test" }),
    input: "",
  });
  const { code } = await child.exited;
  expect(code, child.stderr()).toBe(0);
  expect(child.stdout().split("\n")).toEqual([
    "> What is the weather in Paris?",
    '(get_weather {"city":"Paris"})',
    "Take an umbrella.",
    "> Thank you!",
    "You are welcome.",
    expect.stringMatching(/^conv_\w+ holds 6 items\.$/),
    "",
  ]);
  expect(backend.requests.map(rolesOf)).toEqual([
    "system user",
    "system user assistant tool",
    "system user assistant tool assistant user",
  ]);
});
