import type { Config } from "../config/config.ts";
import { configSchema } from "../config/schema.ts";

/** The configuration that a file of this content gives, without environment or flags. For tests. */
export function loadTestConfig(file: object): Config {
  return configSchema.parse(file);
}
