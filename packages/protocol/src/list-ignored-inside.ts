import { createRequest } from "./create-request.ts";
import { shapeOf } from "./known-shape.ts";
import type { Ignored } from "./list-ignored.ts";
import { listUnknown } from "./list-unknown.ts";

/** Fields inside of others that the API has and that have no effect here, wherever they stand. */
const withoutEffect: ReadonlySet<string> = new Set([
  "prompt_cache_breakpoint",
  // Of files, how closely their pages are looked at.
  "detail",
  // Of image_generation.
  "complexity",
  "frame_count",
  "frame_duration_ms",
  "svg",
]);

/**
 * What items bring along when an answer is sent back: fields that the API tells and does not take, those that the SDKs
 * and agents add, and this server's own.
 */
const carriedByItems: ReadonlySet<string> = new Set([
  "created_by",
  // Codex's own, in the messages of its context.
  "internal_chat_message_metadata_passthrough",
  "output_text",
  "parallel_to",
  "parsed",
  "parsed_arguments",
  "status",
]);

const carried = new Map([["input", carriedByItems]]);

const shape = shapeOf(createRequest) ?? {};

/**
 * Lists what has no effect inside of the fields of a valid create request, because the API does not have it or this server
 * makes no use of it: in items, their parts and tools, for example.
 */
export function listIgnoredInside(body: object): Ignored[] {
  return listUnknown(shape, body, carried).map(({ path, key, names }) => ({
    param: path,
    names,
    documented: withoutEffect.has(key),
  }));
}
