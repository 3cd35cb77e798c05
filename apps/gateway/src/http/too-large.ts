import { ApiError } from "@gateway/protocol";

/** 413 for a body over the limit, in bytes. */
export function tooLarge(limit: number, what: string): ApiError {
  return new ApiError(`${what} is larger than the ${limit} bytes this server accepts.`, {
    status: 413,
    type: "invalid_request_error",
    code: "request_too_large",
  });
}
