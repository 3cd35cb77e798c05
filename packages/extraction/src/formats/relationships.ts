import { posix } from "node:path";
import { readXml } from "./markup.ts";
import type { ZipParts } from "./zip-parts.ts";

/** Where a part of an Office document points to. */
export interface Relationship {
  id: string;
  /** The last word of the type's URL, such as `slide` or `footnotes`; the URLs before it have changed over time. */
  type: string;
  /** The entry's name in the archive. */
  part: string;
}

/**
 * The relationships of parts (ECMA-376 part 2, "Relationships"), by the part they belong to, in their order. External
 * ones are left out; a part that has none has an empty list.
 */
export function readRelationships(zip: ZipParts, parts: readonly string[]): Map<string, Relationship[]> {
  const files = new Map(parts.map((part) => [part, relationshipsFile(part)]));
  const unpacked = zip.unpack(files.values());
  const result = new Map<string, Relationship[]>();
  for (const [part, file] of files) {
    const xml = unpacked.get(file);
    result.set(part, xml === undefined ? [] : parseRelationships(xml, part));
  }
  return result;
}

function relationshipsFile(part: string): string {
  return posix.join(posix.dirname(part), "_rels", `${posix.basename(part)}.rels`);
}

function parseRelationships(xml: Uint8Array, part: string): Relationship[] {
  const found: Relationship[] = [];
  readXml(xml, {
    open(name, { Id: id, Type: type, Target: target, TargetMode: mode }) {
      if (name !== "Relationship" || !id || !type || !target || mode === "External") return;
      const resolved = posix.resolve("/", posix.dirname(part), target).slice(1);
      found.push({ id, type: type.slice(type.lastIndexOf("/") + 1), part: resolved });
    },
    text() {},
    close() {},
  });
  return found;
}
