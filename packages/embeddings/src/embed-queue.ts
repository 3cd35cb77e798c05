import type { UseLite } from "./use-lite.ts";

/** A call as the child process works on it. */
interface Job {
  id: number;
  texts: readonly string[];
  /** The text that comes next, the windows of it that are still to be read, and the sum of those that were. */
  next: number;
  rest: string[] | undefined;
  sum: Float64Array | undefined;
}

/** A few windows that go through the model together. */
interface Step {
  windows: string[];
  /** For each window the text it is of, and whether it is that text's last. */
  of: { index: number; last: boolean }[];
}

/** Hears what the queue does. */
export interface QueueListener {
  /** A step for this call begins. */
  onStep(id: number): void;
  onVector(id: number, index: number, vector: Float32Array): void;
  onFailure(id: number, error: unknown): void;
}

/** Most windows in a step, and most characters in all of them: what the model reads in 0.1 to 0.2 s. */
const stepLimit = { windows: 16, characters: 1_200 };

/**
 * The calls that wait for the model. Urgent ones go first, otherwise they are served in the order they came;
 * a call is worked on in small steps, between which an urgent one may come in.
 */
export class EmbedQueue {
  readonly #model: UseLite;
  readonly #listener: QueueListener;
  readonly #urgent: Job[] = [];
  readonly #patient: Job[] = [];
  #running = false;

  constructor(model: UseLite, listener: QueueListener) {
    this.#model = model;
    this.#listener = listener;
  }

  /** Takes a call in; its vectors come by the listener, in the order of the texts. */
  add(id: number, texts: readonly string[], urgent: boolean): void {
    const job: Job = { id, texts, next: 0, rest: undefined, sum: undefined };
    (urgent ? this.#urgent : this.#patient).push(job);
    if (!this.#running) void this.#run();
  }

  /** Forgets a call; a step under way comes to its end without being told of. */
  cancel(id: number): void {
    for (const jobs of [this.#urgent, this.#patient]) {
      const at = jobs.findIndex((job) => job.id === id);
      if (at >= 0) jobs.splice(at, 1);
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let job = this.#first(); job !== undefined; job = this.#first()) {
      this.#listener.onStep(job.id);
      try {
        await this.#advance(job);
      } catch (thrown) {
        this.cancel(job.id);
        this.#listener.onFailure(job.id, thrown);
      }
      // The model never gives way by itself: new calls and cancellations are heard here.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#running = false;
  }

  #first(): Job | undefined {
    return this.#urgent[0] ?? this.#patient[0];
  }

  async #advance(job: Job): Promise<void> {
    const { windows, of } = this.#takeStep(job);
    const vectors = await this.#model.embed(windows);
    for (const [at, { index, last }] of of.entries()) {
      const vector = vectors[at];
      if (vector === undefined)
        throw new Error(`The model made ${vectors.length} vectors of ${windows.length} texts.`);
      job.sum ??= new Float64Array(vector.length);
      for (const [place, value] of vector.entries()) job.sum[place] = (job.sum[place] ?? 0) + value;
      if (!last) continue;
      this.#listener.onVector(job.id, index, toUnit(job.sum));
      job.sum = undefined;
    }
    if (job.next >= job.texts.length && job.rest === undefined) this.cancel(job.id);
  }

  /** Takes the call's next windows, of several texts where they are short. */
  #takeStep(job: Job): Step {
    const step: Step = { windows: [], of: [] };
    let longest = 0;
    while (step.windows.length < stepLimit.windows) {
      if (job.rest === undefined && job.next >= job.texts.length) break;
      job.rest ??= this.#model.windowsOf(job.texts[job.next] ?? "");
      const window = job.rest[0] ?? " ";
      // All windows of a step cost as much as its longest one.
      longest = Math.max(longest, window.length);
      if (step.windows.length > 0 && longest * (step.windows.length + 1) > stepLimit.characters) break;
      const last = job.rest.length <= 1;
      step.windows.push(window);
      step.of.push({ index: job.next, last });
      job.rest = last ? undefined : job.rest.slice(1);
      if (last) job.next += 1;
    }
    return step;
  }
}

/** The sum of unit vectors as unit vector: their direction on average. */
function toUnit(sum: Float64Array): Float32Array {
  const length = Math.hypot(...sum);
  return Float32Array.from(sum, (value) => (length === 0 ? value : value / length));
}
