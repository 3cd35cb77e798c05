import type { Upstream } from "../upstream/upstream.ts";
import { askServer } from "./ask-server.ts";
import { fromListedModels, type ListedModels, type ServerKind } from "./from-listed-models.ts";
import { fromProps, type Props } from "./from-props.ts";
import { fromVersion, type Release } from "./from-version.ts";
import { Remembered } from "./remembered.ts";

/** How long the server may take, in milliseconds, before it is done without. */
const patience = 2_000;
/** Longest list of models that is read, in bytes: the longest there are have some hundreds of KiB. */
const longestList = 2 * 1024 * 1024;

/** What a model server tells of itself: what it is, and what its models can take. Each thing is remembered for a minute. */
export class ServerFacts {
  readonly #upstream: Upstream;
  readonly #models: Remembered<ListedModels>;
  readonly #props: Remembered<Props>;
  readonly #release: Remembered<Release | undefined>;

  /** `now` is a clock in milliseconds. */
  constructor(upstream: Upstream, now: () => number = () => performance.now()) {
    this.#upstream = upstream;
    this.#models = new Remembered(async () => fromListedModels(await this.#ask("/models", false)), now);
    this.#props = new Remembered(async () => fromProps(await this.#ask("/props", true)), now);
    this.#release = new Remembered(async () => fromVersion(await this.#ask("/version", true)), now);
  }

  /**
   * The context window of a model in tokens; undefined where the server does not tell it, or not in time. Never rejects.
   */
  async contextWindow(model: string, signal: AbortSignal): Promise<number | undefined> {
    const listed = await this.#models.get(signal);
    if (listed === undefined) return undefined;
    const { windows, onlyWindow, kind } = listed;
    if (kind !== "llama.cpp" || windows.size > 0) return windows.get(model) ?? onlyWindow;
    return (await this.#props.get(signal))?.contextWindow;
  }

  /** Which server it is, where it is one that is known by its list of models. Never rejects. */
  async kind(signal: AbortSignal): Promise<ServerKind | undefined> {
    return (await this.#models.get(signal))?.kind;
  }

  /** The chat template of a llama.cpp server's model; undefined where it is not told. Never rejects. */
  async chatTemplate(signal: AbortSignal): Promise<string | undefined> {
    return (await this.#props.get(signal))?.chatTemplate;
  }

  /** Which release of vLLM a server of that kind is; undefined where it is not told. Never rejects. */
  async release(signal: AbortSignal): Promise<Release | undefined> {
    return this.#release.get(signal);
  }

  /** The JSON at a path. Rejects where there is none. */
  async #ask(path: string, atRoot: boolean): Promise<unknown> {
    const { status, text, complete } = await askServer(this.#upstream, {
      method: "GET",
      path,
      atRoot,
      longest: () => longestList,
      limit: patience,
      signal: AbortSignal.timeout(patience),
    });
    if (status !== 200 || !complete) throw new Error(`there is nothing at ${path}`);
    return JSON.parse(text);
  }
}
