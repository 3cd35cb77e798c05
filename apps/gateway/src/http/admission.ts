import { ApiError } from "@gateway/protocol";
import type { MiddlewareHandler } from "hono";
import { afterBody } from "./after-body.ts";
import type { AppEnv } from "./context.ts";

/** Seconds after which a client that was turned away may try again. */
const retryAfter = 1;

/** Sheds load: at most `limit` requests are worked on at once, streams included until their last byte. */
export function admit(limit: number): MiddlewareHandler<AppEnv> {
  let running = 0;
  return async (c, next) => {
    if (running >= limit) {
      throw new ApiError("The server is overloaded. Please try again shortly.", {
        status: 503,
        type: "server_error",
        code: "server_is_overloaded",
        retryAfter,
      });
    }
    running++;
    let handed = false;
    try {
      await next();
      handed = afterBody(c, () => running--);
    } finally {
      if (!handed) running--;
    }
  };
}
