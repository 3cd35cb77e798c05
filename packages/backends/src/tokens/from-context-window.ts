/** Where servers say in a listed model how many tokens fit: vLLM; OpenRouter and Together; Groq; Mistral. */
const keys = ["max_model_len", "context_length", "context_window", "max_context_length"] as const;

/** The context windows that a list of models tells of. */
export interface ListedWindows {
  /** By model id, aliases included. */
  byModel: ReadonlyMap<string, number>;
  /** That of the only model there is, for servers that answer to every name. */
  only: number | undefined;
  /** True for llama.cpp, which says it at `GET /props`, too. */
  llamaCpp: boolean;
}

/** Reads the windows out of the body of `GET /models`; none where it is no list of models. */
export function fromListedWindows(body: unknown): ListedWindows {
  const list = Array.isArray(body) ? body : (body as { data?: unknown } | null | undefined)?.data;
  const models = (Array.isArray(list) ? list : []).filter(isModel);
  const byModel = new Map<string, number>();
  for (const model of models) {
    const window = windowOf(model);
    if (window === undefined) continue;
    for (const name of [model.id, ...aliasesOf(model)]) byModel.set(name, window);
  }
  const [first, ...others] = models;
  const llamaCpp = models.some(({ owned_by: owner }) => owner === "llamacpp");
  const only = llamaCpp && first !== undefined && others.length === 0 ? windowOf(first) : undefined;
  return { byModel, only, llamaCpp };
}

/** Reads the window of one conversation out of the body of llama.cpp's `GET /props`. */
export function fromProps(body: unknown): number | undefined {
  const settings = (body as { default_generation_settings?: { n_ctx?: unknown } } | null | undefined)
    ?.default_generation_settings;
  return toWindow(settings?.n_ctx);
}

type Listed = { id: string; [key: string]: unknown };

function isModel(entry: unknown): entry is Listed {
  return typeof entry === "object" && entry !== null && typeof (entry as Listed).id === "string";
}

function windowOf(model: Listed): number | undefined {
  for (const key of keys) {
    const window = toWindow(model[key]);
    if (window !== undefined) return window;
  }
  // llama.cpp's is what one conversation has; its n_ctx_train is not.
  return toWindow((model.meta as { n_ctx?: unknown } | null | undefined)?.n_ctx);
}

function aliasesOf({ aliases }: Listed): string[] {
  return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === "string") : [];
}

/** Less than this is no window that a conversation fits into, but a server that does not know, or says what is not so. */
const leastWindow = 64;

function toWindow(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= leastWindow ? (value as number) : undefined;
}
