import { environmentTable } from "./from-environment.ts";
import { type JsonSchema, toJsonSchema } from "./json-schema.ts";
import { refusedKeys } from "./not-available.ts";
import { renderPath } from "./settings.ts";

/** `docs/configuration.md`: the words are the schema's own, so that the document cannot say something else. */
export function renderConfigDocs(): string {
  return `# Configuration

<!-- Written by scripts/write-config-docs.ts from the schema in apps/gateway/src/config. Change it there. -->

No file is needed. With one (YAML; \`--config FILE\`, \`GATEWAY_CONFIG\`, or \`gateway.yaml\` or \`config.yaml\` in the
working directory) every key is optional:

\`\`\`yaml
# yaml-language-server: $schema=./gateway.schema.json
backends:
  openai: { url: "https://api.openai.com/v1", key: "\${OPENAI_API_KEY}" }
  ollama: { url: "http://127.0.0.1:11434/v1" }
models:
  fast: { backends: [ollama], as: "llama3.2:3b" }
default_model: fast
\`\`\`

- Flags win over the environment, the environment over the file, the file over the defaults.
- \`gateway config check\` lists all mistakes at once, each with its line. An unknown key is a mistake.
- \`gateway config print\` shows what is in force and where each value comes from, without secrets.
- \`gateway config schema > gateway.schema.json\` writes the schema that the first line of the example names.
- \`\${NAME}\` in a value is replaced by that variable of the environment, \`\${NAME:-default}\` has a default, and
  \`$\${\` stands for \`\${\` itself. Put quotes around a value with braces.
- A key with nothing behind it (empty or null) is the same as no key.
- A duration is a number and a unit: \`300ms\`, \`10s\`, \`5m\`, \`2h\`, \`1d\`. A size is \`32MiB\`, \`500KB\` or a number of
  bytes.

## Keys

${renderSections(toJsonSchema())}
## Environment

| Variable | Key | Meaning |
| --- | --- | --- |
${environmentTable.map(({ name, key, description }) => `| \`${name}\` | ${key ? `\`${key}\`` : ""} | ${cell(description)} |`).join("\n")}
| \`NO_COLOR\`, \`FORCE_COLOR\` | | Colours of pretty logs: never, always. |

An empty variable counts as not set. The names that other programs share give a default only: where the file
names backends, \`OPENAI_BASE_URL\` is not read, and \`OPENAI_API_KEY\` is used at api.openai.com only: a key in
somebody's shell is not sent to a server it was not meant for.

## Flags

| Flag | Key |
| --- | --- |
| \`--http-listen A:P\` | \`http.listen\` |
| \`--extproc-listen A:P\` | \`extproc.listen\` |
| \`--port N\` | the port of \`extproc.listen\` |
| \`--log-level LEVEL\` | \`log.level\` |

## Short forms

| Written | Read as |
| --- | --- |
| \`extproc: { port: 10000 }\` | \`extproc: { listen: "127.0.0.1:10000" }\` |
| \`engine: { model_endpoint: URL }\` | \`backends: { default: { url: URL } }\` |
| \`listen: ":8080"\` | \`http: { listen: ":8080" }\` |
| \`backends: [{ url: URL }]\` | \`backends: { backend-1: { url: URL } }\` |
| \`health_check\` | \`health\` |

## Who may call

Callers are known by a list of hashes of their keys, never by the keys:

\`\`\`sh
key=$(openssl rand -hex 32)
printf %s "$key" | sha256sum
\`\`\`

\`\`\`yaml
auth:
  keys:
    - { id: alice, hash: "sha256:<the 64 digits>", tenant: acme }
\`\`\`

Without keys the gateway listens on loopback only, and refuses to start with any other address unless
\`auth: { open: true }\` says that this is meant. \`/health…\` and \`/metrics\` ask for no key: do not publish them, or switch
the latter off with \`telemetry: { prometheus: false }\`.

## Not available in this version

These keys are refused, with their line: ${refusedKeys.map((path) => `\`${renderPath(path).replaceAll('"*"', "*")}\``).join(", ")}.
`;
}

function renderSections(root: JsonSchema): string {
  const sections = Object.entries(root.properties ?? {});
  const single = sections.filter(([, schema]) => !isGroup(schema));
  const top = `${table(single.flatMap(([key, schema]) => rows(key, schema)))}\n`;
  const groups = sections
    .filter(([, schema]) => isGroup(schema))
    .map(
      ([key, schema]) => `### ${key}\n\n${schema.description ?? ""}\n\n${table(innerRows(key, schema))}\n`,
    );
  return [`### Single keys\n\n${top}`, ...groups].join("\n");
}

function isGroup(schema: JsonSchema): boolean {
  return schema.properties !== undefined || typeof schema.additionalProperties === "object";
}

interface Row {
  key: string;
  standard: string;
  meaning: string;
}

/** The rows of a key: its own, or those of what is inside it. */
function rows(key: string, schema: JsonSchema): Row[] {
  if (isGroup(schema)) {
    const inner = innerRows(key, schema);
    // A section that may be left out says what it is for; one that always applies is its keys.
    return schema.default === undefined
      ? [{ key, standard: "", meaning: schema.description ?? "" }, ...inner]
      : inner;
  }
  const own = {
    key,
    standard: renderDefault(schema.default),
    meaning: `${schema.description ?? ""}${words(schema)}`,
  };
  return [own, ...(schema.items && isGroup(schema.items) ? innerRows(`${key}[]`, schema.items) : [])];
}

function innerRows(key: string, schema: JsonSchema): Row[] {
  const { additionalProperties: named } = schema;
  if (typeof named === "object") {
    if (isGroup(named)) return innerRows(`${key}.NAME`, named);
    return [{ key: `${key}.NAME`, standard: "", meaning: schema.description ?? "" }];
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    rows(`${key}.${name}`, inner).map((row) => ({
      ...row,
      standard: row.key === `${key}.${name}` && schema.required?.includes(name) ? "required" : row.standard,
    })),
  );
}

function renderDefault(value: unknown): string {
  return value === undefined ? "" : `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** The words a key may have, when they are few. */
function words(schema: JsonSchema): string {
  const list = [schema, ...(schema.anyOf ?? [])].find((part) => part.enum)?.enum;
  return list ? ` One of ${list.map((word) => `\`${String(word)}\``).join(", ")}.` : "";
}

function table(lines: Row[]): string {
  const body = lines.map(({ key, standard, meaning }) => `| \`${key}\` | ${standard} | ${cell(meaning)} |`);
  return ["| Key | Default | Meaning |", "| --- | --- | --- |", ...body].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
