import type { ResponseObject } from "@gateway/protocol";

/**
 * The object of a response whose process ended before it did: failed, with the error, and every item that
 * was still open marked incomplete.
 */
export function toFailedResponse(
  response: ResponseObject,
  error: { code: string; message: string },
): ResponseObject {
  const output = response.output.map((item) =>
    item.status === "in_progress" ? { ...item, status: "incomplete" as const } : item,
  );
  return {
    ...response,
    status: "failed",
    error: { code: error.code, message: error.message },
    incomplete_details: null,
    completed_at: null,
    output,
  };
}
