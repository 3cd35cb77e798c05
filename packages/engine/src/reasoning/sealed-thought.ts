import type { Sealer } from "../sealer.ts";

/** What the model thought, as a caller keeps it sealed. */
export interface Thought {
  text: string;
  /**
   * The model's public name, the one that requests ask for. Callers know no other, and the name that a backend has for
   * it may change when the same model moves to another server; that should not cost anyone their thoughts.
   */
  model: string;
  /** When it was sealed, Unix time in seconds. Nothing expires by it. */
  at: number;
}

/** Seals a thought for one tenant: the `encrypted_content` of a reasoning item. */
export function sealThought({ text, model, at }: Thought, tenant: string, sealer: Sealer): string {
  return sealer.seal(JSON.stringify({ text, model, at }), toContext(tenant));
}

/**
 * Opens what {@link sealThought} made for this tenant. Undefined for anything else: another tenant's or another
 * server's, sealed under a key that this server does not have any more, changed, or something that was never sealed.
 */
export function openThought(sealed: string, tenant: string, sealer: Sealer): Thought | undefined {
  const opened = sealer.open(sealed, toContext(tenant));
  // Nobody else can make a text that opens, so it is what was sealed.
  return "text" in opened ? (JSON.parse(opened.text) as Thought) : undefined;
}

function toContext(tenant: string): string {
  return JSON.stringify(["reasoning", tenant]);
}
