import type { ProcessingResponse } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { toSetHeaders } from "./header-fields.ts";
import { joinBytes } from "./join-bytes.ts";

/** The body of an answer is longer than the limit. */
export class AnswerTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`The answer is longer than the ${maxBytes} bytes that one answer through Envoy may have.`);
    this.name = "AnswerTooLargeError";
  }
}

/**
 * Makes one whole answer of a web response: reads its body to the end, be it a stream or not. When `signal` fires,
 * the body is cancelled and what was read so far becomes the answer, which nobody will see.
 *
 * @throws {AnswerTooLargeError} when the body has more than `maxBytes`; the rest of it is cancelled.
 * @throws what the body throws.
 */
export async function toImmediateResponse(
  response: Response,
  maxBytes: number,
  signal: AbortSignal,
): Promise<ProcessingResponse> {
  const body = response.body === null ? noBytes : await readAll(response.body, maxBytes, signal);
  return {
    $typeName: "envoy.service.ext_proc.v3.ProcessingResponse",
    response: {
      case: "immediateResponse",
      value: {
        $typeName: "envoy.service.ext_proc.v3.ImmediateResponse",
        status: { $typeName: "envoy.type.v3.HttpStatus", code: response.status },
        headers: {
          $typeName: "envoy.service.ext_proc.v3.HeaderMutation",
          setHeaders: toSetHeaders(response.headers),
          removeHeaders: [],
        },
        body,
        details: "",
      },
    },
  };
}

const noBytes = new Uint8Array(0);

async function readAll(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const reader = body.getReader();
  const cancel = () => void reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return pieces.length === 0 ? noBytes : joinBytes(pieces);
      bytes += value.length;
      if (bytes > maxBytes) {
        cancel();
        throw new AnswerTooLargeError(maxBytes);
      }
      pieces.push(value);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
