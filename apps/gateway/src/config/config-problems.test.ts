// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own variables look like this
import { mkdirSync, writeFileSync } from "node:fs";
import { type TempDir, tempDir } from "@gateway/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError, type Problem } from "./config-error.ts";
import { loadConfig } from "./load-config.ts";

let dir: TempDir;
beforeEach(() => {
  dir = tempDir();
});
afterEach(() => dir.remove());

/** The problems of a file of this content, as "line: message". */
function problemsOf(yaml: string): string[] {
  writeFileSync(dir.join("c.yaml"), yaml);
  return problems("c.yaml").map(({ place, message }) => `${place.replace(/^c\.yaml:?/, "")}: ${message}`);
}

function problems(config: string): readonly Problem[] {
  try {
    loadConfig({ flags: { config }, env: {}, cwd: dir.path });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const hash = `sha256:${"a".repeat(64)}`;

describe("a mistake is named with its line", () => {
  test.for([
    ["a misspelt section", "\nhtpp: {}", '2: unknown key htpp; did you mean "http"?'],
    ["a misspelt key", "log:\n  leve: info", '2: unknown key log.leve; did you mean "level"?'],
    [
      "a key inside a name",
      "backends:\n  a:\n    url: http://a\n    keys: x",
      '4: unknown key backends.a.keys; did you mean "key"?',
    ],
    ["a key like no other", "log: { colour: true }", "1: unknown key log.colour; known here: level, format"],
    ["a wrong word", "log:\n\n  level: loud", "3: log.level: expected debug, info, warn or error"],
    [
      "a wrong duration",
      "timeout: { idle: 30 }",
      /^1: timeout\.idle: expected a duration such as .*, got 30$/,
    ],
    ["a section that is none", "http: 8080", "1: http: expected keys and values, got a number"],
    ["a list that is none", "auth:\n  keys: { id: a }", "2: auth.keys: expected a list, got keys and values"],
    ["a missing key", "backends:\n  a: { key: x }", "2: backends.a.url: is missing"],
    [
      "an unknown backend",
      "backends: { ollama: { url: http://a } }\nmodels:\n  m: { backends: [olama] }",
      '3: models.m.backends[0]: no backend is named "olama"; did you mean "ollama"?',
    ],
    [
      "a backend where there is none",
      "models: { m: { backends: [a] } }",
      '1: models.m.backends[0]: no backend is named "a"; there are none',
    ],
    [
      "no backend for a model",
      "backends: { a: { url: http://a } }\nmodels: { m: { backends: [] } }",
      "2: models.m.backends: expected the name of at least one backend",
    ],
    [
      "a key twice",
      "log: { level: info }\nlog: { level: warn }",
      "2: the key is here a second time; keep one of them",
    ],
    [
      "a variable that is not set",
      "log:\n  level: ${NO_SUCH}",
      "2: the environment variable NO_SUCH is not set; set it or write ${NO_SUCH:-default}",
    ],
    ["braces without quotes", "log: { level: ${LEVEL} }", /^1: not valid YAML: .*needs quotes around it$/],
    ["tabs", "log:\n\tlevel: info", /^2: not valid YAML: tabs are not allowed as indentation/],
    ["a list instead of keys", "- log", /^1: the file must hold keys and values/],
    ["two documents", "log: {}\n---\nlog: {}", /^2: a second document/],
    ["an anchor that is not there", "log: *nothing", /Unresolved alias/],
    [
      "keys that are open",
      `auth: { open: true, keys: [{ id: a, hash: "${hash}" }] }`,
      "1: auth.open and auth.keys exclude each other; remove one of them",
    ],
    [
      "two keys of one id",
      `auth:\n  keys:\n    - { id: a, hash: "${hash}" }\n    - { id: a, hash: "${hash.replace("aa", "bb")}" }`,
      "4: auth.keys[1].id: another key has the same id",
    ],
    [
      "two keys of one hash",
      `auth:\n  keys:\n    - { id: a, hash: "${hash}" }\n    - { id: b, hash: "${hash.replace(/a/g, "A").replace("shA", "sha")}" }`,
      "4: auth.keys[1].hash: another key has the same hash",
    ],
    [
      "a listener for everyone",
      "http: { listen: ':80' }",
      /^1: http\.listen 0\.0\.0\.0:80 is reachable from other machines and no keys are configured; .*auth: \{ open: true \}/,
    ],
    [
      "a short form beside its long form",
      "extproc:\n  port: 1\n  listen: 127.0.0.1:2",
      "2: extproc.port is a short form of extproc.listen, which is set too (c.yaml:3); keep one of them",
    ],
    [
      "an unknown backend for vectors",
      "backends: { local: { url: http://a } }\nembeddings: { backend: lcoal, model: m }",
      '2: embeddings.backend: no backend is named "lcoal"; did you mean "local"?',
    ],
    [
      "no backend for vectors",
      "embeddings:\n  backend: openai\n  model: m",
      '2: embeddings.backend: no backend is named "openai"; known are ollama',
    ],
    ["vectors of no model", "embeddings: { backend: ollama }", "1: embeddings.model: is missing"],
    [
      "files in two places",
      "store:\n  files:\n    dir: x\n    s3: { endpoint: http://s3, bucket: b, access_key_id: a, secret_access_key: s }",
      "4: store.files.dir and store.files.s3 exclude each other; remove one of them",
    ],
    [
      "an object store without a bucket",
      "store: { files: { s3: { endpoint: http://s3, access_key_id: a, secret_access_key: s } } }",
      "1: store.files.s3.bucket: is missing",
    ],
    [
      "chunks shorter than twice their overlap",
      "tools:\n  file_search:\n    chunk_tokens: 500",
      "3: tools.file_search.overlap: 400 is more than half of chunk_tokens, which is 500; set it to 250 or less",
    ],
    [
      "an overlap that is too long",
      "tools:\n  file_search:\n    overlap: '401'",
      "3: tools.file_search.overlap: 401 is more than half of chunk_tokens, which is 800; set it to 400 or less",
    ],
    [
      "a misspelt tool",
      "tools: { filesearch: {} }",
      '1: unknown key tools.filesearch; did you mean "file_search"?',
    ],
    [
      "a connector without address",
      "tools: { connectors: { docs: {} } }",
      "1: tools.connectors.docs.server_url: is missing",
    ],
    [
      "a connector's name with a slash",
      "tools: { connectors: { a/b: { server_url: 'http://a' } } }",
      /^1: tools\.connectors\."a\/b": .*1 to 64 letters, digits/,
    ],
    [
      "an unknown search engine",
      "tools: { web_search: { provider: altavista } }",
      "1: tools.web_search.provider: expected searxng, brave, tavily or http",
    ],
    [
      "SearXNG without its address",
      "tools: { web_search: { provider: searxng } }",
      "1: tools.web_search.url: the provider searxng needs the server's address; set it",
    ],
    [
      "Brave without a key",
      "tools: { web_search: { provider: brave } }",
      "1: tools.web_search.key: the provider brave needs the key of its API; set it",
    ],
    [
      "a body for Tavily",
      "tools:\n  web_search:\n    provider: tavily\n    key: k\n    body: '{}'",
      "5: tools.web_search.body: is for the provider http; remove it",
    ],
    [
      "an API without a place for the query",
      "tools: { web_search: { provider: http, url: 'http://a/?q=', paths: { results: r } } }",
      "1: tools.web_search.url: {query} stands neither in it nor in body; put it where the query belongs",
    ],
    [
      "an API of which nobody says where its results are",
      "tools: { web_search: { provider: http, url: 'http://a/?q={query}' } }",
      "1: tools.web_search.paths: the provider http needs to know where the results are; set it",
    ],
    [
      "a search engine's address with a password",
      "tools: { web_search: { provider: searxng, url: 'http://me:hunter2@a/' } }",
      /^1: tools\.web_search\.url: expected a URL(?!.*hunter2)/,
    ],
    [
      "pictures by a backend that is not there",
      "backends: { paint: { url: http://a/v1 } }\ntools: { image_generation: { backend: pant } }",
      '2: tools.image_generation.backend: no backend is named "pant"; did you mean "paint"?',
    ],
    ["an anchor that contains itself", "log: &a { level: *a }", "1: sections are nested too deeply"],
  ] as const)("%s", ([, yaml, expected]) => {
    const [first, ...rest] = problemsOf(yaml);
    if (typeof expected === "string") expect(first).toBe(expected);
    else expect(first).toMatch(expected);
    expect(rest).toEqual([]);
  });

  test.for([
    ["no-such.yaml", "there is no such file"],
    ["folder", "this is a directory, not a file"],
  ] as const)("%s: %s", ([name, message]) => {
    mkdirSync(dir.join("folder"));
    expect(problems(name)).toEqual([{ place: name, message }]);
  });
});

describe("what this version does not have is refused, not ignored", () => {
  test.for([
    ["routing", "routing: { virtual_models: {} }"],
    ["cache", "cache: { mode: exact_then_semantic }"],
    ["limits", "limits: [{ per: tenant, max: 1, window: 1h }]"],
    ["usage", "usage: { metadata: io.gateway }"],
    ["usage_hook", "usage_hook: { enabled: true }"],
    ["telemetry.otlp", "telemetry: { otlp: http://collector:4318 }"],
    ["backends.a.api", "backends: { a: { url: http://a/v1, api: responses } }"],
    [
      "models.m.balance",
      "backends: { a: { url: http://a } }\nmodels: { m: { backends: [a], balance: least_request } }",
    ],
    [
      "models.m.fallback",
      "backends: { a: { url: http://a } }\nmodels: { m: { backends: [a], fallback: [n] } }",
    ],
  ] as const)("%s", ([key, yaml]) => {
    const line = yaml.split("\n").length;
    expect(problemsOf(yaml)).toEqual([`${line}: ${key} is not available in this version; remove it`]);
  });
});

test("all mistakes are listed at once, in the order of their lines", () => {
  const yaml = [
    "htpp: {}",
    "log: { level: loud }",
    "timeout: { idle: soon }",
    "cache: { mode: x }",
    "retry: 4",
  ].join("\n");
  const found = problemsOf(yaml);
  expect(found.map((problem) => problem.split(":")[0])).toEqual(["1", "2", "3", "4", "5"]);
});

test("the message counts and shows them all", () => {
  expect(
    new ConfigError([
      { place: "b:2", message: "two" },
      { place: "", message: "zero" },
      { place: "b:10", message: "ten" },
    ]).message,
  ).toBe("3 problems in the configuration\n  zero\n  b:2: two\n  b:10: ten");
});

test("secrets are in no message, whatever is wrong with them", () => {
  const secret = "sk-very-secret";
  const yamls = [
    `auth: { keys: [{ id: a, hash: ${secret} }] }`,
    `backends: { a: { url: "${secret}", key: [${secret}] } }`,
    `server_key: { a: ${secret} }`,
    `former_server_keys: ${secret}`,
    `former_server_keys: [{ a: ${secret} }]`,
    `former_server_keys: [${Array.from({ length: 9 }, (_, n) => `${secret}-${n}`).join(", ")}]`,
    `backends: { a: { url: "http://user:${secret}@x/v1?y" } }`,
    `backends: { a: { url: http://x, key: "${secret}" "${secret}" } }`,
    `tools: { connectors: { a: { server_url: "http://user:${secret}@x" } } }`,
    `tools: { connectors: { a: { server_url: http://x, headers: { authorization: "${secret}\u0001" } } } }`,
    `tools: { connectors: { a: { server_url: http://x, headers: "${secret}" } } }`,
    `store: { files: { s3: { endpoint: "http://u:${secret}@x?y", bucket: b, access_key_id: a, secret_access_key: ["${secret}"] } } }`,
  ];
  for (const yaml of yamls) {
    const found = problemsOf(yaml);
    expect(found).not.toEqual([]);
    expect(found.join("\n")).not.toContain(secret);
  }
});
