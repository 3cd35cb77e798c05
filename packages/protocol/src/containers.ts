import * as z from "zod";
import { containerWishes, unmetWishes } from "./code-interpreter.ts";
import { unprocessable } from "./errors.ts";
import { within } from "./integer.ts";
import { pageQuery } from "./paging.ts";
import { validate } from "./validate.ts";

const expiry = z.looseObject({
  anchor: z.literal("last_active_at"),
  minutes: z.int().check(within({ min: 1, max: 1440 })),
});

const createContainer = z.looseObject({
  name: z.string().min(1).max(256),
  expires_after: expiry.nullish(),
  file_ids: z.array(z.string().min(1).max(256)).max(100).nullish(),
  ...containerWishes,
});

/**
 * Validates the body of `POST /v1/containers`. What is accepted but will have no effect is named in `ignored`. Throws a 422
 * {@link ApiError} naming the field; with `strict` also for what would only be named there.
 */
export function parseCreateContainer(
  body: unknown,
  strict: boolean,
): { container: CreateContainer; ignored: string[] } {
  const container = validate(createContainer, body);
  const unknown = Object.keys(container).filter(
    (key) => !(key in createContainer.shape) && container[key] !== null,
  );
  const ignored = [...unknown, ...unmetWishes(container)];
  const [first] = ignored;
  if (strict && first !== undefined) {
    throw unprocessable(`'${first}' has no effect on a container, and strict_params is on.`, {
      param: first,
      code: unknown.includes(first) ? "unknown_parameter" : "unsupported_value",
    });
  }
  return { container, ignored };
}

/** The query of `GET /v1/containers`. */
export const containerListQuery = pageQuery.extend({ name: z.string().min(1).max(256).optional() });

/** The JSON form of `POST /v1/containers/{id}/files`. */
export const copyContainerFile = z.looseObject({ file_id: z.string().min(1).max(256) });

export type CreateContainer = z.infer<typeof createContainer>;
export type ContainerListQuery = z.infer<typeof containerListQuery>;

/** A container as the API shows it. */
export interface ContainerObject {
  id: string;
  object: "container";
  name: string;
  created_at: number;
  status: "running" | "expired";
  expires_after: { anchor: "last_active_at"; minutes: number };
  last_active_at: number;
  memory_limit: "1g" | "4g" | "16g" | "64g";
  network_policy: { type: "disabled" };
}

/** A file of a container as the API shows it. */
export interface ContainerFileObject {
  id: string;
  object: "container.file";
  container_id: string;
  created_at: number;
  bytes: number;
  /** `/mnt/data/…` */
  path: string;
  /** Who put it there: the caller, or code that was run. */
  source: "user" | "assistant";
}
