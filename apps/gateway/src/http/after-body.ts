import type { AppContext } from "./context.ts";

/**
 * Runs `then` when the answer's streaming body is over: its last byte was read, or its reader has left.
 * False, and nothing is run, where the body is not a stream: the answer is complete as it stands.
 */
export function afterBody(c: AppContext, then: () => void): boolean {
  const over = c.get("bodyOver");
  if (over === undefined) return false;
  void over.then(then);
  return true;
}
