import { unprocessable } from "@gateway/protocol";

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** The bytes of `file_data`: a data URL (RFC 2397), base64 or not, or bare base64. Throws a 422 for anything else. */
export function decodeFileData(data: string): Uint8Array {
  const comma = data.startsWith("data:") ? data.indexOf(",") : -1;
  const payload = data.slice(comma + 1);
  if (comma >= 0 && !/;base64$/i.test(data.slice(0, comma))) {
    try {
      return Buffer.from(decodeURIComponent(payload));
    } catch {
      throw malformed();
    }
  }
  const digits = payload.replace(/\s+/g, "");
  if (!base64.test(digits)) throw malformed();
  return Buffer.from(digits, "base64");
}

function malformed(): Error {
  return unprocessable("Invalid 'file_data': expected base64 or a data URL.", { code: "invalid_value" });
}
