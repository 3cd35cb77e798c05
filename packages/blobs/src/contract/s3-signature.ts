import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** The key pair that calls must be signed with. */
export interface S3Account {
  accessKeyId: string;
  secretAccessKey: string;
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/**
 * Whether a call has the signature it must have, worked out anew from what arrived (AWS Signature Version 4, with
 * the signature in the header): the test server does not look at it.
 */
export function isSigned(req: IncomingMessage, { accessKeyId, secretAccessKey }: S3Account): boolean {
  const given =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/((\d{8})\/([^/]+)\/s3\/aws4_request), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      req.headers.authorization ?? "",
    );
  if (given === null) return false;
  const [, key, scope = "", date = "", region = "", signed = "", signature] = given;
  const [path = "", query = ""] = (req.url ?? "").split("?");
  const headers = signed.split(";").map((name) => `${name}:${req.headers[name]}\n`);
  const canonical = [
    req.method,
    path,
    query.split("&").sort().join("&"),
    headers.join(""),
    signed,
    req.headers["x-amz-content-sha256"],
  ].join("\n");
  const hash = createHash("sha256").update(canonical).digest("hex");
  const text = ["AWS4-HMAC-SHA256", req.headers["x-amz-date"], scope, hash].join("\n");
  const secret = [date, region, "s3", "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return key === accessKeyId && hmac(secret, text).toString("hex") === signature;
}
