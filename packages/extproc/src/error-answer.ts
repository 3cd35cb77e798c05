/** An error as the clients of the OpenAI API read it. */
interface ErrorAnswer {
  status: number;
  message: string;
  type: "invalid_request_error" | "server_error";
  code: string | null;
}

/**
 * An answer of this package's own, for what the application cannot answer: all four keys of an OpenAI error are
 * there, `param` always null.
 */
export function toErrorResponse({ status, message, type, code }: ErrorAnswer): Response {
  return Response.json({ error: { message, type, param: null, code } }, { status });
}
