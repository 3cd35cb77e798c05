import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, codexProgram, startChild, tempDir, watchOutsideWorld } from "@gateway/testkit";

/** An event of `codex exec --json`, as far as tests look at it. */
export interface CodexEvent {
  type: string;
  item?: { type: string; [field: string]: unknown };
  [field: string]: unknown;
}

/** How one run of Codex ended. */
export interface CodexRun {
  code: number | null;
  events: CodexEvent[];
  /** The items that Codex has finished, in order. */
  items: NonNullable<CodexEvent["item"]>[];
  /** Its last message. */
  message: string | undefined;
  stderr: string;
}

/** A Codex with a home and a working directory of its own. */
export interface Codex extends AsyncDisposable {
  /** The directory that it works in. */
  readonly work: string;
  /** What it asked of the world beyond loopback. */
  readonly outside: readonly string[];
  /** Runs `codex exec --json` with further arguments, to its end. */
  exec(...args: string[]): Promise<CodexRun>;
}

/** Settings of {@link openCodex}. */
export interface CodexOptions {
  /** Base address of the gateway, with `/v1`. */
  baseUrl: string;
  /** `provider`: one of its own, by HTTP. `openai`: Codex's built-in one, sent here; it prefers WebSockets. */
  as?: "provider" | "openai";
  model?: string;
  /** Key of the gateway. */
  key?: string;
  /** More lines for the end of its configuration. */
  tables?: string;
}

/**
 * What is told to Codex of a model that it does not know. `scripted` has a tool for patches, `searching` finds its
 * tools by search, `coding` gets all tools as functions of a program that it writes.
 */
const models = [
  { slug: "scripted" },
  { slug: "searching", supports_search_tool: true },
  { slug: "coding", tool_mode: "code_mode_only", use_responses_lite: true },
].map((model, priority) => ({
  display_name: model.slug,
  description: "A model of a test.",
  base_instructions: "You are a coding agent.",
  supported_reasoning_levels: [],
  default_reasoning_summary: "auto",
  shell_type: "unified_exec",
  apply_patch_tool_type: "freeform",
  truncation_policy: { mode: "bytes", limit: 10_000 },
  context_window: 100_000,
  input_modalities: ["text", "image"],
  experimental_supported_tools: [],
  visibility: "list",
  supported_in_api: true,
  support_verbosity: false,
  priority,
  ...model,
}));

/**
 * Sets Codex up for a gateway. It neither asks before it acts nor confines what it runs: what that is, the test says
 * itself, and a sandbox needs kernel features that not every machine for tests has. Tests that use it are declared
 * with `describeWith("codex", …)`.
 */
export async function openCodex(options: CodexOptions): Promise<Codex> {
  const { baseUrl, as = "provider", model = "scripted", key = "sk-codex", tables = "" } = options;
  const dir = tempDir("codex-");
  const outside = await watchOutsideWorld();
  const [home, work, temporary] = [dir.join("home"), dir.join("work"), dir.join("tmp")];
  for (const path of [home, work, temporary]) mkdirSync(path);
  writeFileSync(join(home, "models.json"), JSON.stringify({ models }));
  // Strings of JSON are strings of TOML.
  const own = `
[model_providers.gateway]
name = "Gateway"
base_url = ${JSON.stringify(baseUrl)}
wire_api = "responses"
env_key = "GATEWAY_KEY"
request_max_retries = 0
stream_max_retries = 0
`;
  const config = `
model = ${JSON.stringify(model)}
${as === "provider" ? 'model_provider = "gateway"' : `openai_base_url = ${JSON.stringify(baseUrl)}`}
model_catalog_json = ${JSON.stringify(join(home, "models.json"))}
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false

[analytics]
enabled = false

[features]
plugins = false
${as === "provider" ? own : ""}
${tables}`;
  writeFileSync(join(home, "config.toml"), config);
  const env = cleanEnv({
    ...outside.env,
    HOME: dir.path,
    TMPDIR: temporary,
    CODEX_HOME: home,
    [as === "provider" ? "GATEWAY_KEY" : "CODEX_API_KEY"]: key,
    RUST_LOG: "error",
  });

  return {
    work,
    outside: outside.attempts,
    async exec(...args) {
      const child = await startChild({
        command: codexProgram(),
        args: ["exec", ...args, "--json", "--skip-git-repo-check"],
        cwd: work,
        env,
        input: "",
      });
      const late = setTimeout(() => void child.end(), 25_000);
      const { code } = await child.exited;
      clearTimeout(late);
      const events = child
        .stdout()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as CodexEvent);
      const items = events.flatMap(({ type, item }) => (type === "item.completed" && item ? [item] : []));
      const message = items.findLast(({ type }) => type === "agent_message")?.text as string | undefined;
      return { code, events, items, message, stderr: child.stderr() };
    },
    async [Symbol.asyncDispose]() {
      await outside[Symbol.asyncDispose]();
      dir.remove();
    },
  };
}
