import type * as z from "zod";
import type { configSchema } from "./schema.ts";

/**
 * The configuration as the program uses it: every default filled in, durations in milliseconds, sizes in
 * bytes, listen addresses split, paths absolute, `${NAME}` replaced. Keys are spelt as in the file, so that
 * one search finds a key everywhere; their meaning is stated in the schema.
 */
export type Config = z.output<typeof configSchema>;

/** A model server: `url` without a slash at its end, `key` the bearer key when it needs one. */
export type BackendConfig = Config["backends"][string];

/** A key that may call: its id, its hash as "sha256:<64 hex digits>", its tenant (its id where there is none). */
export type KeyConfig = Config["auth"]["keys"][number];
