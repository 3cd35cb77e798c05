/** Part of a full verification's own length that lies between two of them, as a multiple. */
const pauseFactor = 10;

/**
 * Remembers that damage was met, since a small write that works says nothing about the other pages. It is forgotten
 * once a full verification has found nothing, say because a disk has come back.
 */
export class DamageWatch {
  readonly #verify: () => Promise<boolean>;
  readonly #forget: () => void;
  #isMet = false;
  #verifying = false;
  #notBefore = 0;

  /** `verify` tells whether the database is whole; `forget` drops what is kept in memory of damaged pages. */
  constructor(verify: () => Promise<boolean>, forget: () => void) {
    this.#verify = verify;
    this.#forget = forget;
  }

  /** True from the first damage that was met until a verification finds none. Looking begins one, now and then. */
  get isMet(): boolean {
    if (this.#isMet) void this.#look();
    return this.#isMet;
  }

  /** Gives an object with the methods of a store, which notes the damage that its calls meet. */
  over<T extends object>(store: T): T {
    const note = (error: unknown) => {
      if (tellsOfDamage(error)) this.#isMet = true;
    };
    const watched: Record<string, unknown> = {};
    for (const [name, { value: method }] of Object.entries(
      Object.getOwnPropertyDescriptors(Object.getPrototypeOf(store) as object),
    )) {
      if (name === "constructor" || typeof method !== "function") continue;
      watched[name] = (...args: unknown[]): unknown => {
        const result: unknown = Reflect.apply(method, store, args);
        if (result instanceof Promise) result.catch(note);
        return result;
      };
    }
    return watched as T;
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    if (this.#verifying || begun < this.#notBefore) return;
    this.#verifying = true;
    const isWhole = await this.#verify().catch(() => false);
    this.#verifying = false;
    const now = performance.now();
    this.#notBefore = now + (now - begun) * pauseFactor;
    if (!isWhole) return;
    this.#forget();
    this.#isMet = false;
  }
}

/** True for what SQLite reports of pages that are wrong or cannot be read ("Result and Error Codes"). */
function tellsOfDamage(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  return [code, cause?.code].some(
    (each) => typeof each === "string" && /^SQLITE_(CORRUPT|NOTADB|IOERR_(SHORT_)?READ)/.test(each),
  );
}
