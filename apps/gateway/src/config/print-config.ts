import { Document, isMap, isScalar, type Node } from "yaml";
import * as z from "zod";
import type { LoadedConfig } from "./load-config.ts";
import { configSchema } from "./schema.ts";
import { isSection, type Path, renderPath, type Section } from "./settings.ts";

/**
 * The configuration in force as YAML, in the file's own form, with a comment at each value that is not a
 * default saying where it came from. Secrets are replaced by `***`, hashes are shortened and the user part
 * of URLs is taken out, so the text can be passed on.
 */
export function printConfig({ config, sources }: LoadedConfig): string {
  const plain = z.encode(configSchema, structuredClone(config)) as Section;
  const document = new Document(redact(plain));
  comment(document.contents, [], sources);
  return document.toString({ lineWidth: 0 });
}

const hidden = "***";
const secrets = new Set(["key", "server_key", "former_server_keys", "secret_access_key"]);
/** Sections whose every value may be one. */
const secretSections = new Set(["headers"]);

function redact(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => redact(item, key));
  if (isSection(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(
      entries.map(([name, inner]) => [
        name,
        secretSections.has(name) ? hideAll(inner) : redact(inner, isSection(inner) ? "" : name),
      ]),
    );
  }
  if (typeof value !== "string") return value;
  if (secrets.has(key)) return hidden;
  if (key === "hash") return `${value.slice(0, 15)}…`;
  return withoutUser(value);
}

function hideAll(value: unknown): unknown {
  if (!isSection(value)) return hidden;
  return Object.fromEntries(Object.keys(value).map((name) => [name, hidden]));
}

/** A URL without user and password, fit for logs. */
export function withoutUser(url: string): string {
  return url.replace(/^(https?:\/\/)[^/]*@/i, "$1");
}

function comment(node: Node | null, path: Path, sources: Record<string, string>): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const at = [...path, String(isScalar(key) ? key.value : key)];
    const source = sources[renderPath(at)];
    if (isMap(value)) comment(value, at, sources);
    else if (source && isScalar(value)) value.comment = ` ${source}`;
    else if (source && isScalar(key)) key.commentBefore = ` ${source}`;
  }
}
