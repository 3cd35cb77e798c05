import { createHash } from "node:crypto";
import { ApiError } from "@gateway/protocol";
import type { MiddlewareHandler } from "hono";
import type { KeyConfig } from "../config/config.ts";
import type { AppEnv } from "./context.ts";

/** Whose rows are written where no keys are configured. */
const openTenant = "default";

/**
 * Finds the tenant of a request by its bearer key; 401 where keys are configured and none of them was sent.
 * Only hashes are kept, so the look-up by hash tells nothing about a key by its timing.
 */
export function authenticate(keys: readonly KeyConfig[]): MiddlewareHandler<AppEnv> {
  const byHash = new Map(keys.map((key) => [key.hash.toLowerCase(), key]));
  return async (c, next) => {
    if (byHash.size === 0) {
      c.set("tenant", openTenant);
      return next();
    }
    const sent = /^Bearer\s+(\S+)\s*$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (sent === undefined)
      throw unauthorized("You did not provide an API key. Send it as 'Authorization: Bearer KEY'.");
    const key = byHash.get(`sha256:${createHash("sha256").update(sent).digest("hex")}`);
    if (key === undefined) throw unauthorized("Incorrect API key provided.");
    c.set("tenant", key.tenant ?? key.id);
    c.get("logFields").key_id = key.id;
    return next();
  };
}

function unauthorized(message: string): ApiError {
  return new ApiError(message, { status: 401, type: "invalid_request_error", code: "invalid_api_key" });
}
