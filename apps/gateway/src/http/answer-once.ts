import type { IdempotentRequests, KeyedRun } from "@gateway/engine";
import { type CreateRequest, encodeEvents } from "@gateway/protocol";
import type { AppContext } from "./context.ts";
import { sendEvents } from "./event-stream.ts";
import { hashOfBody, parseIdempotencyKey } from "./idempotency-key.ts";
import type { WaitingRoom } from "./waiting-room.ts";

/** Who knows the answers of keys, and where requests wait for them. */
export interface Answers {
  idempotency: IdempotentRequests;
  room: WaitingRoom;
}

/** A create request, and how its answers are sent. */
export interface KeyedCall {
  request: CreateRequest;
  /** The body that the request was read from: what has to be the same for the same key. */
  body: unknown;
  /** Sends the events of a stored response, those to come included. */
  follow(responseId: string): Promise<Response>;
  /** Makes the answer: where there is a run, under its id, and with its batches passed through `run.watch`. */
  make(run: KeyedRun | undefined): Promise<Response>;
}

/**
 * Answers a create request. With an Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header), the answer is
 * made once for all requests of its key; those who get it again are told by `idempotent-replayed: true`. Throws a 422
 * for a header that is no key, and for a key that was used with another body, and a 429 where too many requests of the
 * key wait already.
 */
export async function answerOnce(
  c: AppContext,
  { idempotency, room }: Answers,
  { request, body, follow, make }: KeyedCall,
): Promise<Response> {
  const sent = parseIdempotencyKey(c.req.header("idempotency-key"));
  if (sent === undefined) return make(undefined);
  const key = { tenant: c.get("tenant"), path: c.req.path, key: sent };
  const entrance = await room.wait(JSON.stringify([key.tenant, key.path, key.key]), () =>
    idempotency.enter({ key, bodyHash: hashOfBody(body), request }, c.req.raw.signal),
  );
  if ("run" in entrance) {
    const { run } = entrance;
    try {
      return await make(run);
    } finally {
      // What was only accepted or refused is over now; what streams ends by itself.
      if (!run.isWatched) run.end();
    }
  }
  c.header("idempotent-replayed", "true");
  const fields = c.get("logFields");
  fields.replayed = true;
  if ("follow" in entrance) {
    fields.response_id = entrance.follow;
    return follow(entrance.follow);
  }
  if ("answer" in entrance) {
    fields.response_id = entrance.answer.id;
    return c.json(entrance.answer);
  }
  const obfuscate = request.stream_options?.include_obfuscation !== false;
  return sendEvents(c, encodeEvents(entrance.events, obfuscate), nothingMore(), {
    encode: (events) => events,
    heartbeat: 0,
    onCancel: () => {},
  });
}

/** What comes behind a stream that was sent at once. */
async function* nothingMore(): AsyncGenerator<string, void, undefined> {}
