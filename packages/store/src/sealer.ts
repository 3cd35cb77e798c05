import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import { internal } from "@gateway/protocol";

/** Encrypts text that is kept, such as the headers of a connector. */
export interface Sealer {
  /** Encrypts. `context` says what the text belongs to; it is needed to open it and is not in the result. */
  seal(text: string, context: string): string;
  /**
   * Decrypts what `seal` gave for the same context.
   *
   * @throws ApiError 500 `sealed_with_another_key` for what was sealed under another key, `sealed_text_damaged` for
   * what was changed or belongs to another context.
   */
  open(sealed: string, context: string): string;
}

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
        throw /^v1\.[0-9a-f]{8}\./.test(sealed) ? sealedWithAnotherKey() : sealedTextDamaged();
      }
      const data = Buffer.from(sealed.slice(prefix.length), "base64url");
      if (data.length < nonceBytes + tagBytes) throw sealedTextDamaged();
      const options = { authTagLength: tagBytes };
      const decipher = createDecipheriv("aes-256-gcm", secret, data.subarray(0, nonceBytes), options);
      decipher.setAAD(Buffer.from(prefix + context));
      decipher.setAuthTag(data.subarray(-tagBytes));
      try {
        const text = decipher.update(data.subarray(nonceBytes, -tagBytes));
        return Buffer.concat([text, decipher.final()]).toString("utf8");
      } catch (cause) {
        throw sealedTextDamaged(cause);
      }
    },
  };
}

function sealedWithAnotherKey(): Error {
  return internal(
    "The server's key has changed since this connector's headers were stored. Register the connector again.",
    { code: "sealed_with_another_key" },
  );
}

function sealedTextDamaged(cause?: unknown): Error {
  return internal("The connector's stored headers are damaged. Register the connector again.", {
    code: "sealed_text_damaged",
    cause,
  });
}
