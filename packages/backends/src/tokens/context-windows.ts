import type { Upstream } from "../upstream/upstream.ts";
import { askServer } from "./ask-server.ts";
import { fromListedWindows, fromProps, type ListedWindows } from "./from-context-window.ts";
import { unlessAborted } from "./unless-aborted.ts";

/** How long the server may take, in milliseconds, before it is done without. */
const patience = 2_000;
/** Longest list of models that is read, in bytes: the longest there are have some hundreds of KiB. */
const longestList = 2 * 1024 * 1024;
/** What the server said is remembered for this time, in milliseconds. */
const age = 60_000;
/** A server that did not answer is asked again after this time, in milliseconds. */
const failureAge = 10_000;

/** The context windows of a server's models, as the server tells them; remembered for a minute. */
export class ContextWindows {
  readonly #upstream: Upstream;
  readonly #now: () => number;
  #known: Pick<ListedWindows, "byModel" | "only"> | undefined;
  #until = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;

  /** `now` is a clock in milliseconds. */
  constructor(upstream: Upstream, now: () => number = () => performance.now()) {
    this.#upstream = upstream;
    this.#now = now;
  }

  /** The window of a model in tokens; undefined where the server does not tell it, or not in time. Never rejects. */
  async get(model: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      if (this.#now() >= this.#until) {
        this.#loading ??= this.#load();
        await unlessAborted(this.#loading, signal);
      }
    } catch {
      return undefined;
    }
    return this.#known?.byModel.get(model) ?? this.#known?.only;
  }

  /** Never rejects. What was known stays while the server does not answer. */
  async #load(): Promise<void> {
    try {
      const listed = await this.#ask("/models", false);
      if (listed === undefined) throw new Error("the server lists no models");
      const { byModel, only, llamaCpp } = fromListedWindows(listed);
      const props = llamaCpp && byModel.size === 0 ? await this.#ask("/props", true) : undefined;
      this.#known = { byModel, only: only ?? fromProps(props) };
      this.#until = this.#now() + age;
    } catch {
      this.#until = this.#now() + failureAge;
    } finally {
      this.#loading = undefined;
    }
  }

  /** The JSON at a path; undefined where there is none. */
  async #ask(path: string, atRoot: boolean): Promise<unknown> {
    const signal = AbortSignal.timeout(patience);
    const { status, text, complete } = await askServer(this.#upstream, {
      method: "GET",
      path,
      atRoot,
      longest: () => longestList,
      limit: patience,
      signal,
    });
    return status === 200 && complete ? parseJson(text) : undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
