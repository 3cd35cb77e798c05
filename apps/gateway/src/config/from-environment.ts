import { toOllamaUrl } from "./ollama-url.ts";
import { parseAddress, renderAddress } from "./scalars.ts";
import { isSection, type Path, type Settings } from "./settings.ts";
import type { Environment } from "./substitute.ts";
import { suggest } from "./suggest.ts";

/** A variable of the environment and the key it sets. */
interface Variable {
  name: string;
  path: Path;
  description: string;
}

/**
 * The variables that set one key each. None is called GATEWAY_PORT or GATEWAY_SERVICE_…: Kubernetes sets
 * those by itself in every container when a service is called "gateway".
 */
const variables: readonly Variable[] = [
  { name: "GATEWAY_HTTP_LISTEN", path: ["http", "listen"], description: "Address of the HTTP listener." },
  {
    name: "GATEWAY_EXTPROC_LISTEN",
    path: ["extproc", "listen"],
    description: "Address of the ExtProc listener.",
  },
  { name: "GATEWAY_LOG_LEVEL", path: ["log", "level"], description: "Least severe level that is written." },
  { name: "GATEWAY_LOG_FORMAT", path: ["log", "format"], description: "`auto`, `json` or `pretty`." },
  { name: "GATEWAY_STORE_PATH", path: ["store", "path"], description: "The SQLite database." },
  {
    name: "GATEWAY_AUTH_OPEN",
    path: ["auth", "open"],
    description: "`true` lets anyone call, on every interface.",
  },
  { name: "GATEWAY_SERVER_KEY", path: ["server_key"], description: "Seals what is stored encrypted." },
  { name: "GATEWAY_STRICT_PARAMS", path: ["strict_params"], description: "Refuse what is not carried out." },
  {
    name: "GATEWAY_DEFAULT_MODEL",
    path: ["default_model"],
    description: "The model of requests that name none.",
  },
];

/** Every variable that is read, with its meaning, for the documentation. */
export const environmentTable: readonly { name: string; key: string; description: string }[] = [
  { name: "GATEWAY_CONFIG", key: "", description: "The configuration file, where no `--config` names it." },
  ...variables.map(({ name, path, description }) => ({ name, key: path.join("."), description })),
  {
    name: "HOST",
    key: "http.listen",
    description: "Host of the HTTP listener, unless GATEWAY_HTTP_LISTEN is set.",
  },
  {
    name: "PORT",
    key: "http.listen",
    description: "Port of the HTTP listener, unless GATEWAY_HTTP_LISTEN is set.",
  },
  {
    name: "OPENAI_BASE_URL",
    key: "backends.openai.url",
    description: "Where the file names no backends: the backend `openai`.",
  },
  {
    name: "OPENAI_API_KEY",
    key: "backends.openai.key",
    description:
      "Where the file names no backends: the key of the backend `openai`, at https://api.openai.com/v1 unless OPENAI_BASE_URL says otherwise. Otherwise the key of backends at api.openai.com that have none.",
  },
  {
    name: "OLLAMA_HOST",
    key: "discover.ollama",
    description: "Where to look for Ollama: a host, host:port or URL, as Ollama's own tools read it.",
  },
];

/** Lays the environment over the file's values. Empty variables count as not set. */
export function readEnvironment(settings: Settings, env: Environment): void {
  for (const { name, path } of variables) {
    if (env[name]) settings.set(path, env[name], place(name));
  }
  const ollama = env.OLLAMA_HOST;
  if (ollama) settings.set(["discover", "ollama"], toOllamaUrl(ollama), place("OLLAMA_HOST"));
  if (!env.GATEWAY_HTTP_LISTEN) {
    if (env.HOST) setListenPart(settings, ["http", "listen"], { host: env.HOST }, place("HOST"));
    if (env.PORT) setListenPart(settings, ["http", "listen"], { port: env.PORT }, place("PORT"));
  }
}

/** The one server that OPENAI_API_KEY is meant for when nothing else is said. */
const openai = "https://api.openai.com/v1";

/** Gives OPENAI_API_KEY to backends at OpenAI that have no key of their own, and to no others. */
export function addOpenAiKey(settings: Settings, env: Environment): void {
  const key = env.OPENAI_API_KEY;
  const backends = settings.get(["backends"]);
  if (!key || !isSection(backends)) return;
  for (const [name, backend] of Object.entries(backends)) {
    if (!isSection(backend) || backend.key !== undefined || typeof backend.url !== "string") continue;
    if (URL.parse(backend.url)?.origin !== URL.parse(openai)?.origin) continue;
    settings.set(["backends", name, "key"], key, place("OPENAI_API_KEY"));
  }
}

/**
 * Adds the backend that the environment's well-known names give, where `settings` has none: they describe a
 * default, and a key in somebody's shell must not reach a server that a file did not mean it for.
 */
export function addDefaultBackend(settings: Settings, env: Environment): void {
  const backends = settings.get(["backends"]);
  if (backends !== undefined && !(isSection(backends) && Object.keys(backends).length === 0)) return;
  const { OPENAI_BASE_URL: url, OPENAI_API_KEY: key } = env;
  if (!url && !key) return;
  const urlPlace = place(url ? "OPENAI_BASE_URL" : "OPENAI_API_KEY");
  settings.set(["backends", "openai", "url"], url || openai, urlPlace);
  if (key) settings.set(["backends", "openai", "key"], key, place("OPENAI_API_KEY"));
}

/**
 * Replaces the host or the port of a listen address and keeps the other half, which comes from the sources
 * before or is the default. A half that makes no address is left for the check of the whole to report.
 */
export function setListenPart(
  settings: Settings,
  path: readonly ["http" | "extproc", "listen"],
  part: { host: string } | { port: string },
  from: string,
): void {
  const set = settings.get(path);
  const base = (typeof set === "string" ? parseAddress(set) : undefined) ?? {
    host: "127.0.0.1",
    port: path[0] === "http" ? 8080 : 10_000,
  };
  const text =
    "host" in part
      ? renderAddress({ ...base, host: part.host })
      : `${renderAddress(base).replace(/\d+$/, "")}${part.port}`;
  settings.set(path, text, from);
}

/** One sentence for each variable that looks like a misspelling of one of ours. */
export function environmentWarnings(env: Environment): string[] {
  const known = environmentTable.map(({ name }) => name);
  return Object.keys(env)
    .filter((name) => name.startsWith("GATEWAY_") && !known.includes(name))
    .flatMap((name) => {
      const meant = suggest(name, known);
      return meant ? [`The environment variable ${name} is not known; did you mean ${meant}?`] : [];
    });
}

function place(name: string): string {
  return `environment ${name}`;
}
