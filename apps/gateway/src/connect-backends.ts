import {
  type CatalogBackend,
  type ChatBackend,
  type ConfiguredModel,
  openCatalog,
  openChatBackend,
  openDemoBackend,
} from "@gateway/backends";
import type { ImageMaker, ModelCatalog } from "@gateway/engine";
import type { BackendConfig, Config } from "./config/config.ts";
import { withoutUser } from "./config/print-config.ts";
import type { Logger } from "./telemetry/logger.ts";

/** The model servers of a configuration. */
export interface ConnectedBackends {
  catalog: ModelCatalog;
  /** Makes the pictures of all models' responses, where one backend is to. */
  images: ImageMaker | undefined;
  close(): Promise<void>;
}

/** How long the log line about Ollama may wait for it, in milliseconds. */
const probeTimeout = 300;

/**
 * Makes the catalog of a configuration's backends. With none configured, Ollama is one, wherever it should be;
 * while it does not answer, the built-in model `demo` stands in for it. Where backends are configured there is
 * no demo.
 */
export async function connectBackends(config: Config, log: Logger): Promise<ConnectedBackends> {
  const opened: ChatBackend[] = [];
  const open = (name: string, settings: BackendConfig, retry = config.retry): ChatBackend => {
    const backend = openBackend(name, settings, config, retry);
    opened.push(backend);
    return backend;
  };
  const backends: CatalogBackend[] = Object.entries(config.backends).map(([name, settings]) => ({
    backend: open(name, settings),
  }));
  const implicit = backends.length === 0;
  if (implicit) {
    const url = config.discover.ollama;
    // Whether it is there is no matter of a second try.
    const backend = open("ollama", { url }, { ...config.retry, attempts: 1 });
    backends.push({ backend, implicit: { url: new URL(url).origin } });
    await tellWhatWasFound(backend, url, log);
  }
  const { backend: drawing } = config.tools.image_generation ?? {};
  return {
    images: opened.find(({ name }) => name === drawing)?.images,
    catalog: openCatalog({
      backends,
      models: toConfiguredModels(config.models),
      ...(implicit && { demo: openDemoBackend() }),
    }),
    async close() {
      await Promise.all(opened.map((backend) => backend.close()));
    },
  };
}

function toConfiguredModels(models: Config["models"]): Record<string, ConfiguredModel> {
  return Object.fromEntries(
    Object.entries(models).map(([name, { backends, as, context_window: contextWindow }]) => [
      name,
      { backends, as, contextWindow },
    ]),
  );
}

function openBackend(
  name: string,
  { url, key, grammar }: BackendConfig,
  { timeout, tools }: Pick<Config, "timeout" | "tools">,
  retry: Config["retry"],
): ChatBackend {
  const { connect, first_byte: firstByte, idle, total } = timeout;
  const { image_generation: images } = tools;
  const makesImages = images !== undefined && (images.backend ?? name) === name;
  return openChatBackend({
    name,
    url,
    key,
    timeouts: { connect, firstByte, idle, total },
    retry,
    grammar,
    ...(makesImages && { images: { model: images.model } }),
  });
}

async function tellWhatWasFound(backend: ChatBackend, url: string, log: Logger): Promise<void> {
  try {
    const models = await backend.listModels(AbortSignal.timeout(probeTimeout));
    log.info(
      { url: withoutUser(url), models: models.length },
      "no backend is configured; using the Ollama that was found",
    );
  } catch {
    log.warn(
      { url: withoutUser(url) },
      "no backend is configured and no Ollama answers: only the built-in model 'demo' is there, which is a demo and no language model. Set OPENAI_BASE_URL or start Ollama",
    );
  }
}
