import type { ModelBackend, ModelCatalog, ModelInfo, ModelRoute } from "@gateway/engine";
import { type ApiError, notFound } from "@gateway/protocol";
import { demoModel } from "./demo.ts";
import { FailoverBackend } from "./failover-backend.ts";
import { ImplicitBackend } from "./implicit-backend.ts";
import { ModelList } from "./model-list.ts";
import { withContextWindow } from "./with-context-window.ts";

/** A backend of the catalog; its name is the backend's own. */
export interface CatalogBackend {
  backend: ModelBackend;
  /** Set for a backend that nobody configured: where it is looked for, without a path. */
  implicit?: { url: string } | undefined;
}

/** A model that the configuration names. */
export interface ConfiguredModel {
  /** Names of the backends that serve it, in the order in which they are tried. */
  backends: readonly string[];
  /** What those backends call it; the same name when left out. */
  as?: string | undefined;
  /** Tokens that context and answer may come to together; what the backends tell when left out. */
  contextWindow?: number | undefined;
}

/** Settings of {@link openCatalog}. */
export interface CatalogOptions {
  backends: readonly CatalogBackend[];
  /** By the name that clients use. */
  models?: Readonly<Record<string, ConfiguredModel>> | undefined;
  /** Name of the backend that gets models which are neither configured nor listed anywhere. */
  defaultBackend?: string | undefined;
  /** Serves the model `demo`; listed while an implicit backend is not there. */
  demo?: ModelBackend | undefined;
  /** How long lists of models are remembered, in milliseconds; 10,000 when left out. */
  listAge?: number | undefined;
  /** Clock in milliseconds, for tests. */
  now?: (() => number) | undefined;
}

/** A model that is not found is looked for again in lists older than this, in milliseconds. */
const missAge = 1_000;

/**
 * Opens the catalog of models. A configured model goes to its backends, with fail-over. Any other goes by its
 * own name: to the one backend where there is only one, else to those whose lists have it. Throws a TypeError
 * where the settings name a backend that is not there.
 */
export function openCatalog(options: CatalogOptions): ModelCatalog {
  return new Catalog(options);
}

class Catalog implements ModelCatalog {
  readonly #demo: ModelBackend | undefined;
  readonly #backends: readonly ModelBackend[];
  readonly #lists: readonly ModelList[];
  readonly #configured = new Map<string, ModelRoute>();
  readonly #default: ModelBackend | undefined;
  readonly #implicit: ModelBackend | undefined;
  readonly #listAge: number;
  readonly #openedAt = Math.floor(Date.now() / 1000);

  constructor(options: CatalogOptions) {
    this.#demo = options.demo;
    this.#listAge = options.listAge ?? 10_000;
    const now = options.now ?? (() => performance.now());
    this.#backends = options.backends.map(({ backend, implicit }) =>
      implicit === undefined ? backend : new ImplicitBackend(backend, implicit.url, this.#hint()),
    );
    this.#implicit = this.#backends.find((backend) => backend instanceof ImplicitBackend);
    this.#lists = this.#backends.map((backend) => new ModelList(backend, now));
    for (const [name, { backends, as, contextWindow }] of Object.entries(options.models ?? {})) {
      const serving = joined(
        backends.map((backend) => this.#named(backend, `The model '${name}'`)),
        name,
      );
      const backend = contextWindow === undefined ? serving : withContextWindow(serving, contextWindow);
      this.#configured.set(name, { backend, model: as ?? name });
    }
    const { defaultBackend } = options;
    if (defaultBackend !== undefined) this.#default = this.#named(defaultBackend, "The default backend");
  }

  async resolve(model: string): Promise<ModelRoute> {
    const configured = this.#configured.get(model);
    if (configured !== undefined) return configured;
    if (model === demoModel && this.#demo !== undefined) return { backend: this.#demo, model };
    const [only, ...others] = this.#backends;
    if (only === undefined) throw this.#missing(model, []);
    if (others.length === 0) return { backend: only, model };
    // A model may have been pulled since the lists were read.
    const route = (await this.#findListed(model, this.#listAge)) ?? (await this.#findListed(model, missAge));
    if (route !== undefined) return route;
    if (this.#default !== undefined) return { backend: this.#default, model };
    throw this.#missing(model, await this.#describeLists());
  }

  async list(): Promise<ModelInfo[]> {
    const lists = await Promise.all(this.#lists.map((list) => list.get(this.#listAge)));
    const models = new Map<string, ModelInfo>();
    for (const model of lists.flatMap((list) => list ?? []))
      if (!models.has(model.id)) models.set(model.id, model);
    for (const [id, { backend }] of this.#configured) {
      models.set(id, { id, object: "model", created: this.#openedAt, owned_by: backend.name });
    }
    for (const model of await this.#listDemo(lists)) if (!models.has(model.id)) models.set(model.id, model);
    return [...models.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The demo is there for those who have nothing else. */
  async #listDemo(lists: readonly (readonly ModelInfo[] | undefined)[]): Promise<ModelInfo[]> {
    const nothingElse =
      this.#backends.length === 0 ||
      this.#lists.some(({ backend }, index) => backend === this.#implicit && lists[index] === undefined);
    return this.#demo !== undefined && nothingElse ? this.#demo.listModels(new AbortController().signal) : [];
  }

  /** The backends whose list has the model. Ollama lists `llama3.2:latest` and answers to `llama3.2`, too. */
  async #findListed(model: string, maxAge: number): Promise<ModelRoute | undefined> {
    const lists = await Promise.all(this.#lists.map((list) => list.get(maxAge)));
    const serving = this.#backends.filter((_, index) =>
      lists[index]?.some(({ id }) => id === model || id === `${model}:latest`),
    );
    return serving.length === 0 ? undefined : { backend: joined(serving, model), model };
  }

  async #describeLists(): Promise<string[]> {
    const lists = await Promise.all(this.#lists.map((list) => list.get(this.#listAge)));
    return this.#backends.map(({ name }, index) =>
      lists[index] === undefined ? `${name} (does not answer)` : name,
    );
  }

  #missing(model: string, lookedAt: readonly string[]): ApiError {
    const why =
      lookedAt.length === 0
        ? `no backend is configured. ${this.#hint()}`
        : `none of the backends lists it. Looked at: ${lookedAt.join(", ")}.`;
    return notFound(`The model '${model}' does not exist: ${why}`, {
      param: "model",
      code: "model_not_found",
    });
  }

  #hint(): string {
    const demo = this.#demo === undefined ? "" : `; '${demoModel}' is built in`;
    return `Set OPENAI_BASE_URL, or start Ollama${demo}.`;
  }

  #named(name: string, who: string): ModelBackend {
    const backend = this.#backends.find((candidate) => candidate.name === name);
    if (backend !== undefined) return backend;
    throw new TypeError(`${who} names the backend '${name}', which is not configured.`);
  }
}

function joined(backends: readonly ModelBackend[], model: string): ModelBackend {
  const [only, ...others] = backends;
  if (only === undefined) throw new TypeError(`The model '${model}' names no backend.`);
  return others.length === 0 ? only : new FailoverBackend(backends);
}
