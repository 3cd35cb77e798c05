import { ApiError } from "@gateway/protocol";
import type { MiddlewareHandler } from "hono";
import { afterBody } from "./after-body.ts";
import type { AppEnv } from "./context.ts";

/** Seconds after which a client that was turned away may try again. */
const retryAfter = 1;

/** Counts what is worked on at once, at all doors, and sheds what is too much. */
export class Admission {
  readonly #limit: number;
  #running = 0;

  /** @param limit how many requests and turns of WebSockets are worked on at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes a place; what is returned gives it back, once. Throws a 503 where none is free. */
  enter(): () => void {
    if (this.#running >= this.#limit) {
      throw new ApiError("The server is overloaded. Please try again shortly.", {
        status: 503,
        type: "server_error",
        code: "server_is_overloaded",
        retryAfter,
      });
    }
    this.#running++;
    let left = false;
    return () => {
      if (!left) this.#running--;
      left = true;
    };
  }
}

/** Lets requests in while there are places: each has one until the last byte of its answer, streams included. */
export function admit(admission: Admission): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const leave = admission.enter();
    let handed = false;
    try {
      await next();
      handed = afterBody(c, leave);
    } finally {
      if (!handed) leave();
    }
  };
}
