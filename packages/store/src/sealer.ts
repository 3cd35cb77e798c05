import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Sealer } from "@gateway/engine";

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Makes a sealer of a secret key of at least 32 bytes. AES-256-GCM (NIST SP 800-38D) under a key derived by HKDF
 * (RFC 5869), with a random nonce for each text. The sealed form is `v1.KEY.DATA`: KEY are 8 hexadecimal digits that
 * tell keys apart, DATA is nonce, ciphertext and tag in base64url.
 *
 * @throws RangeError when the key is shorter.
 */
export function createSealer(key: Uint8Array): Sealer {
  if (key.length < keyBytes) throw new RangeError(`a server key has at least ${keyBytes} bytes`);
  const secret = Buffer.from(hkdfSync("sha256", key, "", "gateway sealed text v1", keyBytes));
  const keyId = createHash("sha256").update("gateway key id\n").update(secret).digest("hex").slice(0, 8);
  const prefix = `v1.${keyId}.`;
  return {
    seal(text, context) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce);
      cipher.setAAD(Buffer.from(prefix + context));
      const data = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
      return prefix + Buffer.concat(data).toString("base64url");
    },
    open(sealed, context) {
      if (!sealed.startsWith(prefix)) {
        return { fault: /^v1\.[0-9a-f]{8}\./.test(sealed) ? "another_key" : "damaged" };
      }
      const data = Buffer.from(sealed.slice(prefix.length), "base64url");
      if (data.length < nonceBytes + tagBytes) return { fault: "damaged" };
      const options = { authTagLength: tagBytes };
      const decipher = createDecipheriv("aes-256-gcm", secret, data.subarray(0, nonceBytes), options);
      decipher.setAAD(Buffer.from(prefix + context));
      decipher.setAuthTag(data.subarray(-tagBytes));
      try {
        const text = decipher.update(data.subarray(nonceBytes, -tagBytes));
        return { text: Buffer.concat([text, decipher.final()]).toString("utf8") };
      } catch {
        return { fault: "damaged" };
      }
    },
  };
}
