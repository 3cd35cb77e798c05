/** The `type` values of OpenAI's error body that this server sends. */
export type ErrorType =
  | "invalid_request_error"
  | "rate_limit_error"
  // What is limited, where the backend says so.
  | "tokens"
  | "requests"
  | "insufficient_quota"
  | "server_error"
  | "external_connector_error";

/** What an {@link ApiError} carries besides its message. */
export interface ApiErrorInit {
  status: number;
  type: ErrorType;
  /** Machine-readable reason, e.g. `model_not_found`; null where OpenAI has none. */
  code?: string | null;
  /** Path of the field that is wrong, e.g. `input[2].call_id`. */
  param?: string | null;
  /** Seconds after which a client may try again; becomes `Retry-After`. */
  retryAfter?: number | undefined;
  /** Headers for the client by their names in lower case: what the backend says of its limits. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** True where the request must not be sent again: it would fail in the same way, or do again what has been done. */
  isFinal?: boolean;
  /** Goes to the log, never to the client. */
  cause?: unknown;
}

/** OpenAI's error body: all four keys, always. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

/**
 * The one error that may reach a client. Everything thrown is turned into one by {@link ApiError.from};
 * three pure functions render it: {@link toErrorBody} (JSON), {@link toResponseError} (inside a failed
 * response) and the doors' own status line.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly code: string | null;
  readonly param: string | null;
  readonly retryAfter: number | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly isFinal: boolean;

  constructor(message: string, init: ApiErrorInit) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = "ApiError";
    this.status = init.status;
    this.type = init.type;
    this.code = init.code ?? null;
    this.param = init.param ?? null;
    this.retryAfter = init.retryAfter;
    this.headers = init.headers;
    this.isFinal = init.isFinal ?? false;
  }

  /**
   * Makes an ApiError of anything caught. An ApiError is returned as it is; everything else becomes a
   * 500 whose message tells the client nothing about the inside, with the original as `cause`.
   */
  static from(thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    return internal("The server had an error while processing your request.", { cause: thrown });
  }
}

type Detail = Partial<Pick<ApiErrorInit, "code" | "param" | "retryAfter" | "headers" | "isFinal" | "cause">>;

/** 400: the body cannot be read, or the state forbids the call. */
export function badRequest(message: string, detail: Detail = {}): ApiError {
  return new ApiError(message, { status: 400, type: "invalid_request_error", ...detail });
}

/** 422: the body can be read, but what it says is not valid or not supported. */
export function unprocessable(message: string, detail: Detail = {}): ApiError {
  return new ApiError(message, { status: 422, type: "invalid_request_error", ...detail });
}

/** 404: no such id, model or path (for this tenant). */
export function notFound(message: string, detail: Detail = {}): ApiError {
  return new ApiError(message, { status: 404, type: "invalid_request_error", ...detail });
}

/** 500: the backend or the processing failed; `code` says which. */
export function internal(message: string, detail: Detail = {}): ApiError {
  return new ApiError(message, { status: 500, type: "server_error", code: "server_error", ...detail });
}

/** Renders an error as the JSON body of OpenAI's API. */
export function toErrorBody(error: ApiError): ErrorBody {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.code } };
}

/**
 * Renders an error as `response.error`, where `code` is never null: without one of its own it is `invalid_prompt` for
 * what is the request's fault, after which clients do not try again, and `server_error` for everything else.
 */
export function toResponseError(error: ApiError): { code: string; message: string } {
  const code = error.code ?? (error.status < 500 ? "invalid_prompt" : "server_error");
  return { code, message: error.message };
}
