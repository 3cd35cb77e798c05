import type { RequestScope } from "@gateway/engine";
import type { AppContext } from "./context.ts";

/** Puts what the model's server says of its limits into the headers of the answer, which has not begun by then. */
export function passLimits(c: AppContext): NonNullable<RequestScope["onLimits"]> {
  return (limits) => {
    for (const [name, value] of Object.entries(limits)) c.header(name, value);
  };
}
