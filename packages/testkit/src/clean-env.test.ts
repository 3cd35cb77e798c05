import { afterEach, expect, test, vi } from "vitest";
import { cleanEnv } from "./clean-env.ts";

afterEach(() => vi.unstubAllEnvs());

test("leaves out provider keys, gateway settings, ports, proxies and the test runner's own names", () => {
  const foreign = [
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "GATEWAY_SERVER_KEY",
    "OLLAMA_HOST",
    "PORT",
    "HTTP_PROXY",
  ];
  for (const name of foreign) vi.stubEnv(name, "set");
  const env = cleanEnv();
  for (const name of [...foreign, "VITEST", "NODE_ENV"]) expect(env).not.toHaveProperty(name);
  expect(env.PATH).toBe(process.env.PATH);
});

test("lays the given names over the rest and leaves out the undefined ones", () => {
  vi.stubEnv("SOME_SETTING", "from outside");
  const env = cleanEnv({ OPENAI_API_KEY: "given", SOME_SETTING: undefined });
  expect(env.OPENAI_API_KEY).toBe("given");
  expect(env).not.toHaveProperty("SOME_SETTING");
});
