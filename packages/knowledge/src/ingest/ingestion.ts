import { ExtractionError, type Job, type StoreFileWork, type VectorStores } from "@gateway/engine";
import { ApiError, type IngestError } from "@gateway/protocol";
import { KeyLocks } from "../key-locks.ts";
import { type TakeInDeps, takeIn } from "./take-in.ts";

/** What {@link Ingestion} works with. */
export interface IngestionDeps extends TakeInDeps {
  vectorStores: VectorStores;
  onFault(message: string, cause?: unknown): void;
}

/**
 * Does the jobs that keep the index in step with the vector stores. A document may be taken out of its store, or its
 * batch cancelled, at any moment: what the stores say at the end decides, and what was written for nothing
 * is removed again.
 */
export class Ingestion {
  readonly #deps: IngestionDeps;
  readonly #running = new Map<number, AbortController>();
  readonly #locks = new KeyLocks();

  constructor(deps: IngestionDeps) {
    this.#deps = deps;
  }

  /** Job `ingest`: takes in the document that is its subject. */
  async ingest(job: Job, signal: AbortSignal): Promise<void> {
    const document = Number(job.subject);
    // After a restart there may be two jobs for one document: they must not write side by side.
    await this.#locks.run(job.subject, async () => {
      const work = await this.#wanted(document);
      if (!work) return;
      const stop = new AbortController();
      this.#running.set(document, stop);
      try {
        await this.#takeIn(work, AbortSignal.any([signal, stop.signal]));
      } catch (error) {
        signal.throwIfAborted();
        const fault = toFinalFault(error);
        if (fault) return await this.#fail(document, fault);
        // Whatever failed, nobody waits for the document any more.
        if (await this.#wanted(document)) throw error;
        await this.#deps.index.remove([document]);
      } finally {
        this.#running.delete(document);
      }
    });
  }

  /** The last attempt to take in a document has failed: its file says so. */
  async giveUp(job: Job, error: unknown): Promise<void> {
    const message =
      error instanceof ApiError ? error.message : "The server had an error while it took in the file.";
    await this.#fail(Number(job.subject), { code: "server_error", message });
  }

  /** Job `unindex`: removes what was taken out of the stores. */
  async unindex(job: Job): Promise<void> {
    const { documents, store } = job.payload as { documents?: number[]; store?: number };
    if (documents) await this.#deps.index.remove(documents);
    if (store !== undefined) await this.#deps.index.removeStore(store);
  }

  /** Job `attributes`: brings a document's attributes to what they are now. */
  async setAttributes(job: Job): Promise<void> {
    const document = Number(job.subject);
    const work = await this.#deps.vectorStores.work(document);
    if (work) await this.#deps.index.setAttributes(document, work.attributes);
  }

  /** Ends the work on documents that were taken out or cancelled; called after every such change. Never throws. */
  stopUnwanted(): void {
    for (const [document, stop] of this.#running) {
      this.#wanted(document).then(
        (work) => {
          if (!work) stop.abort(new Error("The file was taken out of its store, or its batch cancelled."));
        },
        // The work then goes on to its end, which asks again.
        (cause: unknown) => this.#deps.onFault("cannot tell whether a document is still wanted", cause),
      );
    }
  }

  /** Says that the index has lost what it held: the documents being taken in fail, and are tried again. Never throws. */
  beginAgain(): void {
    for (const stop of this.#running.values()) stop.abort(new Error("The search index was begun anew."));
  }

  async #takeIn(work: StoreFileWork, signal: AbortSignal): Promise<void> {
    const { vectorStores, index } = this.#deps;
    const usageBytes = await takeIn(work, this.#deps, signal);
    // They may have changed since the document was begun, and the job for that may have found nothing yet.
    const attributes = (await vectorStores.work(work.document))?.attributes;
    if (attributes && JSON.stringify(attributes) !== JSON.stringify(work.attributes)) {
      await index.setAttributes(work.document, attributes);
    }
    signal.throwIfAborted();
    const settled = await vectorStores.settle(work.document, { status: "completed", usageBytes });
    if (!settled) await index.remove([work.document]);
  }

  async #fail(document: number, { code, message }: IngestError): Promise<void> {
    await this.#deps.index.remove([document]);
    await this.#deps.vectorStores.settle(document, { status: "failed", error: { code, message } });
  }

  async #wanted(document: number): Promise<StoreFileWork | undefined> {
    const work = await this.#deps.vectorStores.work(document);
    return work?.status === "in_progress" ? work : undefined;
  }
}

/** What a file that will never be taken in is to say; undefined for what may go well another time. */
function toFinalFault(error: unknown): IngestError | undefined {
  if (error instanceof ExtractionError) return error;
  // It is the file's text that the model will not take.
  if (error instanceof ApiError && error.code === "embedding_refused") {
    return { code: "invalid_file", message: error.message };
  }
  return undefined;
}
