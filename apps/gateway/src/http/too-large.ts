import { ApiError } from "@gateway/protocol";

/** 413 for a body over a limit. */
export function tooLarge(limit: number, what: string, unit = "bytes"): ApiError {
  return new ApiError(`${what} is larger than the ${limit} ${unit} this server accepts.`, {
    status: 413,
    type: "invalid_request_error",
    code: "request_too_large",
  });
}
