import { unprocessable } from "@gateway/protocol";

const base64 = /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/;

/** The bytes of `file_data`: a data URL (RFC 2397), base64 or not, or bare base64. Throws a 422 for anything else. */
export function decodeFileData(data: string, param: string): Uint8Array {
  const comma = data.startsWith("data:") ? data.indexOf(",") : -1;
  const payload = data.slice(comma + 1);
  if (comma >= 0 && !/;base64$/i.test(data.slice(0, comma))) {
    try {
      return Buffer.from(decodeURIComponent(payload));
    } catch {
      throw malformed(param);
    }
  }
  if (!base64.test(payload)) throw malformed(param);
  return Buffer.from(payload, "base64");
}

function malformed(param: string): Error {
  return unprocessable(`Invalid '${param}': expected base64 or a data URL.`, {
    param,
    code: "invalid_value",
  });
}
