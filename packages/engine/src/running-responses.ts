import { encodeEvent, type ResponseEvent } from "@gateway/protocol";
import { EventTail } from "./event-tail.ts";

interface Running {
  readonly tails: Set<EventTail>;
  /** Resolved when something was logged, or when it has ended; then made anew by who asks. */
  changed: PromiseWithResolvers<void> | undefined;
}

/**
 * The responses that this process works on or has queued and whose events are logged: who waits for them is told
 * here.
 */
export class RunningResponses {
  /** By tenant and id, in two steps: one key of both would have to be made for each event. */
  readonly #tenants = new Map<string, Map<string, Running>>();

  /** Enters a response. What is returned takes it out again, and tells all who wait that it has ended. */
  enter(tenant: string, id: string): () => void {
    const running: Running = { tails: new Set(), changed: undefined };
    const ofTenant = this.#tenants.get(tenant) ?? new Map<string, Running>();
    this.#tenants.set(tenant, ofTenant);
    ofTenant.set(id, running);
    return () => {
      if (ofTenant.get(id) === running) ofTenant.delete(id);
      if (ofTenant.size === 0 && this.#tenants.get(tenant) === ofTenant) this.#tenants.delete(tenant);
      running.changed?.resolve();
      for (const tail of running.tails) tail.end();
    };
  }

  /** Passes what was logged of a response on to those who wait. They get the JSON, which is only made for them. */
  notify(tenant: string, id: string, logged: readonly ResponseEvent[]): void {
    const running = this.#tenants.get(tenant)?.get(id);
    if (running === undefined) return;
    running.changed?.resolve();
    running.changed = undefined;
    const [first] = logged;
    if (first === undefined || running.tails.size === 0) return;
    const batch = { first: first.sequence_number, events: logged.map(encodeEvent) };
    for (const tail of running.tails) tail.push(batch);
  }

  /**
   * Follows what is logged of a response from now on, until it is closed. Undefined when the response does not run:
   * then its log does not grow any more.
   */
  follow(tenant: string, id: string): EventTail | undefined {
    const running = this.#tenants.get(tenant)?.get(id);
    if (running === undefined) return undefined;
    const tail = new EventTail(() => running.tails.delete(tail));
    running.tails.add(tail);
    return tail;
  }

  /**
   * Resolves when a response's log has grown after this call, or when it has ended. Undefined when it does not run:
   * then its log does not grow any more.
   */
  changed(tenant: string, id: string): Promise<void> | undefined {
    const running = this.#tenants.get(tenant)?.get(id);
    if (running === undefined) return undefined;
    running.changed ??= Promise.withResolvers();
    return running.changed.promise;
  }
}
