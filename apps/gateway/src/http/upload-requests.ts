import type { IncomingMessage } from "node:http";

const uploadPath = /^\/v1\/(?:files|containers\/[^/?]+\/files|uploads\/[^/?]+\/parts)(?:\?|$)/;

/** Whether a request brings the content of a file, which may be large and take its time. */
export function isUpload({ method, url }: IncomingMessage): boolean {
  return method === "POST" && uploadPath.test(url ?? "");
}
