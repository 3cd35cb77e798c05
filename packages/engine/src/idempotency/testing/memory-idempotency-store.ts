import type { Claim, IdempotencyStore, RequestKey } from "../idempotency-store.ts";

type Method = "claim" | "complete" | "forget";

/** Claims in memory. `faults` names what the calls of a method throw. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly faults: Partial<Record<Method, Error>> = {};
  readonly #claims = new Map<string, Claim>();

  /** Begins with what another store has now. */
  copyFrom(other: MemoryIdempotencyStore): void {
    for (const [name, claim] of other.#claims) this.#claims.set(name, { ...claim });
  }

  async claim(
    key: RequestKey,
    { responseId, bodyHash }: Pick<Claim, "responseId" | "bodyHash">,
    _now: number,
    replaced?: string,
  ): Promise<Claim | undefined> {
    this.#fail("claim");
    const name = nameOf(key);
    const existing = this.#claims.get(name);
    if (existing !== undefined && existing.responseId !== replaced) return { ...existing };
    this.#claims.set(name, { responseId, bodyHash });
    return undefined;
  }

  async complete(key: RequestKey, responseId: string, answer: string): Promise<void> {
    this.#fail("complete");
    const claim = this.#claims.get(nameOf(key));
    if (claim?.responseId === responseId) claim.answer = answer;
  }

  async forget(tenant: string, responseId: string): Promise<boolean> {
    this.#fail("forget");
    let hadAnswer = false;
    for (const [name, claim] of this.#claims) {
      if (claim.responseId !== responseId || (JSON.parse(name) as string[])[0] !== tenant) continue;
      this.#claims.delete(name);
      hadAnswer ||= claim.answer !== undefined;
    }
    return hadAnswer;
  }

  #fail(method: Method): void {
    const fault = this.faults[method];
    if (fault) throw fault;
  }
}

function nameOf({ tenant, path, key }: RequestKey): string {
  return JSON.stringify([tenant, path, key]);
}
