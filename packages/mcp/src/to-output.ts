import type { McpOutcome } from "@gateway/engine";
import type { SentKeys } from "@gateway/web-guard";

/** A result as the protocol has it (`CallToolResult`); what is not in its right form is passed over. */
export interface ToolResult {
  content?: unknown;
  structuredContent?: unknown;
  isError?: boolean | undefined;
}

interface Part {
  type?: unknown;
  text?: unknown;
  data?: unknown;
  mimeType?: unknown;
  uri?: unknown;
  name?: unknown;
  description?: unknown;
  resource?: Part & { blob?: unknown };
}

/**
 * What a tool gave, as text of at most `limit` characters. Texts and texts of resources stand one after the other; what a
 * model cannot read (images, sound, other data) is named with its type and length. `structuredContent` stands for a
 * result that has no content of its own: the protocol has servers repeat it as text. What the server was sent (`keys`) is
 * taken out.
 */
export function toOutcome(result: ToolResult, limit: number, keys: SentKeys): McpOutcome {
  const parts = Array.isArray(result.content) ? (result.content as Part[]) : [];
  if (result.isError === true)
    return { error: { type: "mcp_tool_execution_error", content: toErrorContent(parts, limit, keys) } };
  const texts = parts.map(renderPart);
  if (texts.length === 0 && result.structuredContent !== undefined)
    texts.push(JSON.stringify(result.structuredContent));
  return { output: cut(texts.join("\n"), limit, keys) };
}

/** The content of an error as the API shows it: parts of text. */
function toErrorContent(
  parts: readonly Part[],
  limit: number,
  keys: SentKeys,
): { type: "text"; text: string }[] {
  let left = limit;
  return parts.flatMap((part) => {
    if (left <= 0) return [];
    const text = cut(renderPart(part), left, keys);
    left -= text.length;
    return [{ type: "text" as const, text }];
  });
}

function renderPart(part: Part): string {
  switch (part?.type) {
    case "text":
      return textOf(part.text);
    case "image":
    case "audio":
      return `[${part.type}: ${textOf(part.mimeType)}, ${bytesOf(part.data)} bytes]`;
    case "resource": {
      const { uri, text, blob, mimeType } = part.resource ?? {};
      return typeof text === "string"
        ? `[resource ${textOf(uri)}]\n${text}`
        : `[resource ${textOf(uri)}: ${textOf(mimeType)}, ${bytesOf(blob)} bytes]`;
    }
    case "resource_link":
      return `[link to ${[part.name, part.uri, part.description].filter((text) => typeof text === "string").join(", ")}]`;
    default:
      return `[${textOf(part?.type)}]`;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "unknown";
}

/** How many bytes base64 text stands for. */
function bytesOf(base64: unknown): number {
  return typeof base64 === "string" ? Math.floor((base64.replace(/=+$/, "").length * 3) / 4) : 0;
}

/** A long text is cut first: to look for keys in megabytes that nobody is shown would hold up others. */
function cut(text: string, limit: number, keys: SentKeys): string {
  if (text.length <= limit) return keys.removeFrom(text);
  const shown = keys.removeFrom(text.slice(0, keys.edgeBefore(text, limit)));
  return `${shown.toWellFormed()}\n[Cut off: ${limit} of ${text.length} characters.]`;
}
