import type { ImageMaker, ModelBackend, ModelDelta, ModelInfo, ModelTurn, TokenCount } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import { retryKindOf } from "./upstream/retry.ts";

/**
 * Several backends that serve the same model, as one. A turn goes to the first; where that one cannot be
 * reached, is over its limit or fails before its answer begins, it goes to the next. When all have failed, a 429
 * is what the client sees if there was one, since it says when to come back; else the last error.
 */
export class FailoverBackend implements ModelBackend {
  readonly name: string;
  /** Of the first that makes pictures. */
  readonly images: ImageMaker | undefined;
  /** Whether all do: any of them may get the turn. */
  readonly fetchesImages: boolean;
  readonly #backends: readonly ModelBackend[];

  /** `backends` in the order in which they are tried; at least one. */
  constructor(backends: readonly ModelBackend[]) {
    this.name = backends.map(({ name }) => name).join(",");
    this.images = backends.find(({ images }) => images !== undefined)?.images;
    this.fetchesImages = backends.every(({ fetchesImages }) => fetchesImages === true);
    this.#backends = backends;
  }

  open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    return this.#tryInOrder(signal, (backend) => backend.open(turn, signal));
  }

  countTokens(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount> {
    return this.#tryInOrder(signal, (backend) => backend.countTokens(turn, signal));
  }

  /** The smallest there is: any of them may get the turn. */
  async contextWindow(model: string, signal: AbortSignal): Promise<number | undefined> {
    const windows = await Promise.all(this.#backends.map((backend) => backend.contextWindow(model, signal)));
    const known = windows.filter((window) => window !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  listModels(signal: AbortSignal): Promise<ModelInfo[]> {
    return this.#tryInOrder(signal, (backend) => backend.listModels(signal));
  }

  async #tryInOrder<T>(signal: AbortSignal, attempt: (backend: ModelBackend) => Promise<T>): Promise<T> {
    const errors: unknown[] = [];
    for (const backend of this.#backends) {
      try {
        return await attempt(backend);
      } catch (thrown) {
        signal.throwIfAborted();
        if (retryKindOf(thrown) === undefined) throw thrown;
        errors.push(thrown);
      }
    }
    throw errors.find((error) => error instanceof ApiError && error.status === 429) ?? errors.at(-1);
  }
}
