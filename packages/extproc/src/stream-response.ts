import type { JsonObject } from "@bufbuild/protobuf";
import type {
  ProcessingResponse,
  StreamedImmediateResponse,
} from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { eachResponseHeader, toHeaderValue } from "./header-fields.ts";
import { joinBytes } from "./join-bytes.ts";
import { AnswerTooLargeError } from "./to-immediate-response.ts";
import type { ClientWatch } from "./watch-client.ts";
import { withMetadata } from "./with-metadata.ts";

/** A message that has grown to this is not made longer, even when more is ready. */
const maxPieceBytes = 256 * 1024;

/** How to stream an answer. */
interface StreamOptions {
  /** Limit of the body. Envoy gives no back-pressure: a client that does not read would fill Envoy's memory. */
  readonly maxBytes: number;
  readonly client: ClientWatch;
  /** Is told why an answer ended before its body did. */
  readonly failed: (error: unknown) => void;
  /** Gives the dynamic metadata for the last message. Called when that is made. */
  readonly metadata: () => JsonObject | undefined;
}

/**
 * Yields a web response piece by piece: the headers at once, then a message for each chunk that the body yields.
 * Chunks that are ready already share a message; none is ever waited for. The last message says that it is the
 * last, whatever happens: Envoy would wait for it and leave the client hanging.
 *
 * When the body fails or passes the limit, the answer ends there. When the client leaves, the body is cancelled and
 * nothing more is yielded.
 */
export async function* streamResponse(
  response: Response,
  { maxBytes, client, failed, metadata }: StreamOptions,
): AsyncGenerator<ProcessingResponse, void, undefined> {
  const { signal } = client;
  if (response.body === null) {
    client.answered();
    yield withMetadata(toHeadersPiece(response, true), metadata());
    return;
  }

  const reader = response.body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  let ended = false;
  try {
    yield toHeadersPiece(response, false);
    let bytes = 0;
    let next = reader.read();
    while (!ended) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      try {
        let result = await next;
        while (!result.done) {
          size += result.value.length;
          if (bytes + size > maxBytes) throw new AnswerTooLargeError(maxBytes);
          chunks.push(result.value);
          next = reader.read();
          const ready = await Promise.race([next, notReady]);
          if (ready === undefined || size > maxPieceBytes) break;
          result = ready;
        }
        ended = result.done;
      } catch (error) {
        ended = true;
        cancel();
        if (!signal.aborted) failed(error);
      }
      if (signal.aborted) return;
      if (ended) {
        client.answered();
        yield withMetadata(toBodyPiece(joinBytes(chunks), true), metadata());
      } else if (size > 0) {
        yield toBodyPiece(joinBytes(chunks), false);
        bytes += size;
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    // Left early: the transport gave up while a message was on its way.
    if (!ended) cancel();
  }
}

/** Loses a race against any promise that is settled already, and wins against all others. */
const notReady = Promise.resolve(undefined);

function toHeadersPiece(response: Response, endOfStream: boolean): ProcessingResponse {
  const headers = [toHeaderValue(":status", String(response.status))];
  eachResponseHeader(response.headers, (name, value) => headers.push(toHeaderValue(name, value)));
  return toPiece({
    case: "headersResponse",
    value: {
      $typeName: "envoy.service.ext_proc.v3.HttpHeaders",
      headers: { $typeName: "envoy.config.core.v3.HeaderMap", headers },
      endOfStream,
    },
  });
}

function toBodyPiece(body: Uint8Array, endOfStream: boolean): ProcessingResponse {
  return toPiece({
    case: "bodyResponse",
    value: { $typeName: "envoy.service.ext_proc.v3.StreamedBodyResponse", body, endOfStream },
  });
}

function toPiece(response: StreamedImmediateResponse["response"]): ProcessingResponse {
  return {
    $typeName: "envoy.service.ext_proc.v3.ProcessingResponse",
    response: {
      case: "streamedImmediateResponse",
      value: { $typeName: "envoy.service.ext_proc.v3.StreamedImmediateResponse", response },
    },
  };
}
