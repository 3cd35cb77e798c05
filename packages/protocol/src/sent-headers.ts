import * as z from "zod";

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that belong to the connection (RFC 9110, 7.6.1) or to its requests, not to the caller. */
const ownHeaders =
  /^(?:host|connection|proxy-connection|keep-alive|content-length|transfer-encoding|upgrade|te|trailer|expect|mcp-session-id)$/i;

/** Headers of a caller's that go out with each request to an MCP server. */
export const sentHeaders = z.record(
  z
    .string()
    .max(256)
    .regex(headerName, "must be a header name")
    .refine((name) => !ownHeaders.test(name), "is a header that the server sets by itself"),
  z
    .string()
    .max(16_384)
    .regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII"),
);
