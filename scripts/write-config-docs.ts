/** Writes docs/configuration.md from the configuration's schema. A test fails while it is not up to date. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderConfigDocs } from "../apps/gateway/src/config/config-docs.ts";

const file = join(import.meta.dirname, "..", "docs", "configuration.md");
writeFileSync(file, renderConfigDocs());
console.log(`written: ${file}`);
