import { type ModelEntry, modelEntries } from "./model-entries.ts";
import { toWindow } from "./to-window.ts";

/** Where servers say in a listed model how many tokens fit: vLLM; OpenRouter and Together; Groq; Mistral. */
const keys = ["max_model_len", "context_length", "context_window", "max_context_length"] as const;

/** The servers that are known by their lists of models. */
export type ServerKind = "llama.cpp" | "vllm";

/** Whose models these are, by what the servers write there. */
const owners: ReadonlyMap<unknown, ServerKind> = new Map([
  ["llamacpp", "llama.cpp"],
  ["vllm", "vllm"],
]);

/** What a list of models tells of its server. */
export interface ListedModels {
  kind: ServerKind | undefined;
  /** Context windows by model id, aliases included. */
  windows: ReadonlyMap<string, number>;
  /** That of the only model there is, for servers that answer to every name. */
  onlyWindow: number | undefined;
}

/** Reads the body of `GET /models`; nothing is known where it is no list of models. */
export function fromListedModels(body: unknown): ListedModels {
  const models = modelEntries(body) ?? [];
  const windows = new Map<string, number>();
  for (const model of models) {
    const window = windowOf(model);
    if (window === undefined) continue;
    for (const name of [model.id, ...aliasesOf(model)]) windows.set(name, window);
  }
  const [first, ...others] = models;
  const kind = models.map(({ owned_by: owner }) => owners.get(owner)).find((known) => known !== undefined);
  const alone = kind === "llama.cpp" && first !== undefined && others.length === 0;
  return { kind, windows, onlyWindow: alone ? windowOf(first) : undefined };
}

function windowOf(model: ModelEntry): number | undefined {
  for (const key of keys) {
    const window = toWindow(model[key]);
    if (window !== undefined) return window;
  }
  // llama.cpp's is what one conversation has; its n_ctx_train is not.
  return toWindow((model.meta as { n_ctx?: unknown } | null | undefined)?.n_ctx);
}

function aliasesOf({ aliases }: ModelEntry): string[] {
  return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === "string") : [];
}
