import * as z from "zod";
import { memoryLimit, networkPolicy } from "./code-interpreter.ts";
import { pageQuery } from "./paging.ts";

const expiry = z.looseObject({
  anchor: z.literal("last_active_at"),
  minutes: z.int().min(1).max(1440),
});

/** The body of `POST /v1/containers`. */
export const createContainer = z.looseObject({
  name: z.string().min(1).max(256),
  expires_after: expiry.nullish(),
  file_ids: z.array(z.string().min(1).max(256)).max(100).nullish(),
  memory_limit: memoryLimit.nullish(),
  network_policy: networkPolicy.nullish(),
});

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
