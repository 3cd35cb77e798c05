import type { ExtractionSource } from "@gateway/engine";

/** A source of text or bytes, in chunks of 64 KiB; it may be opened again and again. */
export function toSource(filename: string, content: string | Uint8Array): ExtractionSource {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return {
    filename,
    bytes: bytes.length,
    open: async () => {
      return (async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
      })();
    },
  };
}
