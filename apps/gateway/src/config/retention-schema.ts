import * as z from "zod";
import { duration, size } from "./scalars.ts";

/** `store.retention`: what is kept no longer. */
export const retentionSchema = z.strictObject({
  responses: atLeast("1s")
    .optional()
    .describe(
      "Age at which a response that has ended is removed, as if its client had deleted it: later ones that continue it go on without that turn. Without it responses stay until they are deleted.",
    ),
  conversations: atLeast("1s")
    .optional()
    .describe(
      "Time after which a conversation that nobody has written to is removed with its items. Without it conversations stay until they are deleted.",
    ),
  events: atLeast("1s")
    .optional()
    .describe(
      "Age at which the event log of a response that has ended is removed; from then on its stream is told from the response, each text in one piece. Without it the log stays as long as the response.",
    ),
  idempotency_keys: atLeast("1s")
    .prefault("1d")
    .describe(
      "Time for which a request with an Idempotency-Key gets the answer of the first with that key. What is kept for it, also of answers with `store: false`, is removed then.",
    ),
  max_bytes: size()
    .refine((bytes) => bytes > 0, "expected more than 0; leave the key out for no limit")
    .optional()
    .describe(
      "While more than this is in use in the database, responses that have ended are removed, the oldest first. Room that is freed is used again; the file itself does not get smaller.",
    ),
  interval: atLeast("10ms").prefault("1m").describe("Time between two looks for what is over."),
});

/** A duration that is not so short that it must be a mistake: elsewhere 0s means never. */
function atLeast(least: "1s" | "10ms") {
  const ms = duration().decode(least);
  return duration().refine(
    (value) => value >= ms,
    `expected at least ${least}; leave the key out for the default`,
  );
}
