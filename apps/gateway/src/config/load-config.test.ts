// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TempDir, tempDir } from "@gateway/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { type ConfigSources, type LoadedConfig, loadConfig } from "./load-config.ts";

let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

/** Loads a file of this content, with only the environment and flags that are given. */
function load(yaml: string | undefined, { env = {}, flags = {} }: Partial<ConfigSources> = {}): LoadedConfig {
  if (yaml !== undefined) writeFileSync(dir.join("gateway.yaml"), yaml);
  return loadConfig({ env, flags, cwd: dir.path });
}

describe("with no file at all", () => {
  test("everything has a default, and only loopback is listened on", () => {
    const { config, file, sources, warnings } = load(undefined);
    expect(file).toBeUndefined();
    expect(sources).toEqual({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      http: { listen: { host: "127.0.0.1", port: 8080 } },
      extproc: { listen: { host: "127.0.0.1", port: 10_000 } },
      store: { path: dir.join("data", "gateway.db") },
      backends: {},
      strict_params: false,
      requests: { max_body: 32 * 1024 * 1024 },
      retry: { attempts: 2, on: ["connect", "429", "5xx"] },
      timeout: { connect: 5000, first_byte: 60_000, idle: 30_000, total: 300_000 },
    });
  });

  test.for([
    [{ OPENAI_BASE_URL: "http://vllm:8000/v1" }, { openai: { url: "http://vllm:8000/v1" } }],
    [{ OPENAI_API_KEY: "sk-1" }, { openai: { url: "https://api.openai.com/v1", key: "sk-1" } }],
    [
      { OPENAI_BASE_URL: "http://x/v1", OPENAI_API_KEY: "sk-1" },
      { openai: { url: "http://x/v1", key: "sk-1" } },
    ],
    [{ OPENAI_BASE_URL: "", OPENAI_API_KEY: "" }, {}],
    [{ OLLAMA_HOST: "0.0.0.0" }, {}],
  ] as const)("the environment names the backend (case %#)", ([env, backends]) => {
    expect(load(undefined, { env }).config.backends).toEqual(backends);
  });

  test("OLLAMA_HOST says where to look for Ollama", () => {
    expect(load(undefined).config.discover.ollama).toBe("http://127.0.0.1:11434/v1");
    expect(load(undefined, { env: { OLLAMA_HOST: "box:9999" } }).config.discover.ollama).toBe(
      "http://box:9999/v1",
    );
  });
});

describe("the file", () => {
  test("is gateway.yaml or config.yaml of the working directory where none is named", () => {
    writeFileSync(dir.join("config.yaml"), "default_model: from-config");
    expect(load(undefined)).toMatchObject({ file: "config.yaml", config: { default_model: "from-config" } });
    expect(load("default_model: from-gateway")).toMatchObject({
      file: "gateway.yaml",
      config: { default_model: "from-gateway" },
    });
  });

  test("is the one that --config names, before GATEWAY_CONFIG", () => {
    mkdirSync(dir.join("etc"));
    writeFileSync(dir.join("etc", "a.yaml"), "default_model: a");
    writeFileSync(dir.join("etc", "b.yaml"), "default_model: b");
    const env = { GATEWAY_CONFIG: dir.join("etc", "a.yaml") };
    expect(load("default_model: c", { env })).toMatchObject({
      file: join("etc", "a.yaml"),
      config: { default_model: "a" },
    });
    expect(load(undefined, { env, flags: { config: "etc/b.yaml" } }).config.default_model).toBe("b");
  });

  test("may be empty, or JSON", () => {
    expect(load("# nothing yet\n").sources).toEqual({});
    expect(load('{"log": {"level": "warn"}}').config.log.level).toBe("warn");
  });

  test("has variables replaced, in numbers and switches too", () => {
    const yaml = [
      'requests: { max_concurrent: "${N}" }',
      "strict_params: ${STRICT:-true}",
      'backends: { openai: { url: "${URL:-http://x/v1}", key: "${KEY:-}" } }',
      "telemetry: { otlp: '${OTEL_EXPORTER_OTLP_ENDPOINT:-}' }",
      "former_server_keys: ['${OLD_KEY:-}', '${OLDER_KEY:-older}', null]",
    ].join("\n");
    const { config } = load(yaml, { env: { N: "7" } });
    expect(config.requests.max_concurrent).toBe(7);
    expect(config.strict_params).toBe(true);
    // An empty value is no value, also for what is not available yet.
    expect(config.backends).toEqual({ openai: { url: "http://x/v1" } });
    expect(config.former_server_keys).toEqual(["older"]);
  });

  test("may use anchors", () => {
    const { config } = load("x-unused: null\nbackends: { a: &it { url: 'http://a/v1' }, b: *it }");
    expect(config.backends).toEqual({ a: { url: "http://a/v1" }, b: { url: "http://a/v1" } });
  });

  test("names a model server and its models", () => {
    const { config, warnings } = load(
      [
        "backends:",
        "  openai: { url: https://api.openai.com/v1/, key: sk-own, weight: 5, envoy: endpoint1 }",
        "models:",
        '  "llama3.2:3b": { backends: [openai], as: gpt-5-mini, price: { input: 0.2, output: 0.6 } }',
        "default_model: llama3.2:3b",
      ].join("\n"),
    );
    expect(config.backends.openai).toMatchObject({ url: "https://api.openai.com/v1", key: "sk-own" });
    expect(config.models["llama3.2:3b"]).toMatchObject({ backends: ["openai"], as: "gpt-5-mini" });
    expect(warnings).toEqual([
      "backends.openai.weight has no effect in this version (gateway.yaml:2)",
      "backends.openai.envoy has no effect in this version (gateway.yaml:2)",
      'models."llama3.2:3b".price has no effect in this version (gateway.yaml:4)',
    ]);
  });

  test("keeps OPENAI_API_KEY from servers it was not meant for", () => {
    const yaml = [
      "backends:",
      "  cloud: { url: https://api.openai.com/v1 }",
      "  named: { url: https://api.openai.com/v1, key: sk-own }",
      "  local: { url: http://vllm:8000/v1 }",
      "  trick: { url: https://api.openai.com.example/v1 }",
    ].join("\n");
    const { config } = load(yaml, {
      env: { OPENAI_API_KEY: "sk-env", OPENAI_BASE_URL: "http://elsewhere/v1" },
    });
    expect(Object.fromEntries(Object.entries(config.backends).map(([name, { key }]) => [name, key]))).toEqual(
      {
        cloud: "sk-env",
        named: "sk-own",
        local: undefined,
        trick: undefined,
      },
    );
  });
});

describe("sources", () => {
  const yaml = "http: { listen: 127.0.0.1:1111 }\nlog:\n  level: warn\n  format: json\n";

  test("flags win over the environment, the environment over the file, the file over the defaults", () => {
    const env = {
      GATEWAY_LOG_LEVEL: "error",
      GATEWAY_HTTP_LISTEN: "127.0.0.1:2222",
      GATEWAY_STORE_PATH: "db/x.db",
    };
    const flags = { "http-listen": "127.0.0.1:3333", port: "4444" };
    const { config, sources } = load(yaml, { env, flags });
    expect(config.http.listen.port).toBe(3333);
    expect(config.extproc.listen).toEqual({ host: "127.0.0.1", port: 4444 });
    expect(config.log).toEqual({ level: "error", format: "json" });
    expect(config.store.path).toBe(dir.join("db", "x.db"));
    expect(sources).toEqual({
      "http.listen": "flag --http-listen",
      "extproc.listen": "flag --port",
      "log.level": "environment GATEWAY_LOG_LEVEL",
      "log.format": "gateway.yaml:4",
      "store.path": "environment GATEWAY_STORE_PATH",
    });
  });

  test.for([
    [{ PORT: "9000" }, { host: "127.0.0.1", port: 9000 }],
    [{ HOST: "localhost" }, { host: "localhost", port: 1111 }],
    [
      { HOST: "::1", PORT: "0" },
      { host: "::1", port: 0 },
    ],
    [
      { PORT: "9000", GATEWAY_HTTP_LISTEN: "127.0.0.1:7000" },
      { host: "127.0.0.1", port: 7000 },
    ],
  ] as const)("HOST and PORT are HTTP's (case %#)", ([env, listen]) => {
    expect(load(yaml, { env }).config.http.listen).toEqual(listen);
  });

  test("a variable that is nearly one of ours is pointed out, one of Kubernetes is not", () => {
    const env = {
      GATEWAY_LOG_LEVLE: "debug",
      GATEWAY_PORT: "tcp://10.0.0.1:8080",
      GATEWAY_SERVICE_HOST: "10.0.0.1",
    };
    expect(load(undefined, { env }).warnings).toEqual([
      "The environment variable GATEWAY_LOG_LEVLE is not known; did you mean GATEWAY_LOG_LEVEL?",
    ]);
  });

  test("a mistake in a flag or variable is reported with its name", () => {
    const env = { GATEWAY_LOG_LEVEL: "loud", PORT: "http" };
    const error = catchError(() => load(undefined, { env, flags: { port: "99999" } }));
    expect(error.problems.map(({ place }) => place)).toEqual([
      "environment GATEWAY_LOG_LEVEL",
      "environment PORT",
      "flag --port",
    ]);
  });
});

function catchError(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("no error was thrown");
}
