import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Sealer } from "@gateway/engine";

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Makes a sealer of secret keys of at least 32 bytes each: it seals under the current one and opens what that or a
 * former one has sealed, so that a key can be replaced without losing what it sealed. AES-256-GCM (NIST SP 800-38D) under a key
 * derived by HKDF (RFC 5869), with a random nonce for each text. The sealed form is `v1.KEY.DATA`: KEY are 8
 * hexadecimal digits that tell keys apart, DATA is nonce, ciphertext and tag in base64url.
 *
 * @throws RangeError when a key is shorter.
 */
export function createSealer(current: Uint8Array, ...former: Uint8Array[]): Sealer {
  const first = toSealingKey(current);
  const keys = [first, ...former.map(toSealingKey)];
  return {
    seal: (text, context) => encrypt(text, context, first),
    open(sealed, context) {
      // Two keys with the same digits are next to impossible, and no reason to lose a text.
      const candidates = keys.filter(({ prefix }) => sealed.startsWith(prefix));
      for (const key of candidates) {
        const text = decrypt(sealed, context, key);
        if (text !== undefined) return { text };
      }
      const foreign = candidates.length === 0 && /^v1\.[0-9a-f]{8}\./.test(sealed);
      return { fault: foreign ? "another_key" : "damaged" };
    },
  };
}

/** A key as it is used, and what texts that it sealed begin with. */
interface SealingKey {
  secret: Buffer;
  prefix: string;
}

function toSealingKey(key: Uint8Array): SealingKey {
  if (key.length < keyBytes) throw new RangeError(`a server key has at least ${keyBytes} bytes`);
  const secret = Buffer.from(hkdfSync("sha256", key, "", "gateway sealed text v1", keyBytes));
  const keyId = createHash("sha256").update("gateway key id\n").update(secret).digest("hex").slice(0, 8);
  return { secret, prefix: `v1.${keyId}.` };
}

function encrypt(text: string, context: string, { secret, prefix }: SealingKey): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", secret, nonce);
  cipher.setAAD(Buffer.from(prefix + context));
  const data = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return prefix + Buffer.concat(data).toString("base64url");
}

/** The text; undefined where it was not this key's, or not this context's, or was changed. */
function decrypt(sealed: string, context: string, { secret, prefix }: SealingKey): string | undefined {
  const data = Buffer.from(sealed.slice(prefix.length), "base64url");
  if (data.length < nonceBytes + tagBytes) return undefined;
  const options = { authTagLength: tagBytes };
  const decipher = createDecipheriv("aes-256-gcm", secret, data.subarray(0, nonceBytes), options);
  decipher.setAAD(Buffer.from(prefix + context));
  decipher.setAuthTag(data.subarray(-tagBytes));
  try {
    const text = decipher.update(data.subarray(nonceBytes, -tagBytes));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
