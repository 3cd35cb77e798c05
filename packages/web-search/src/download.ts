import { basename } from "node:path";
import { GuardError, guardErrorIn, type WebGuard } from "@gateway/web-guard";

/** What was fetched. */
export interface Download {
  /** Where it was in the end, after redirects. */
  url: string;
  content: Buffer;
  /** The media type, in lower case; empty where the server says none. */
  type: string;
  /** As the server says it. */
  charset: string | undefined;
  filename: string;
}

/** How something is fetched. */
export interface DownloadSettings {
  guard: WebGuard;
  /** Milliseconds until all of it must be there. */
  timeout: number;
  accept: string;
  /** Says of a media type whether it is worth fetching; the body of any other is not read. */
  wants(type: string): boolean;
}

/** Why something was not fetched; the message is fit for callers. */
export class DownloadError extends Error {
  override readonly name = "DownloadError";
  readonly reason: "refused" | "failed" | "too_large" | "type";
  /** The status, where the server answered with one that is not good. */
  readonly status: number | undefined;

  constructor(
    reason: DownloadError["reason"],
    message: string,
    { status, ...options }: ErrorOptions & { status?: number } = {},
  ) {
    super(message, options);
    this.reason = reason;
    this.status = status;
  }
}

/** How we are called, for those who run web sites. */
const userAgent = "Mozilla/5.0 (compatible; responses-gateway)";

/**
 * Fetches what is at an http or https address, through the guard: no private networks, a limit on bytes, redirects and
 * time. Throws a {@link DownloadError}, or the signal's reason when it is aborted.
 */
export async function download(
  address: string,
  { guard, timeout, accept, wants }: DownloadSettings,
  signal: AbortSignal,
): Promise<Download> {
  const late = AbortSignal.timeout(timeout);
  const host = URL.parse(address)?.host ?? "the server";
  try {
    const answer = await guard.fetch(address, {
      headers: { accept, "user-agent": userAgent, "accept-language": "en, *;q=0.5" },
      signal: AbortSignal.any([signal, late]),
    });
    const [type, charset] = parseContentType(answer.headers.get("content-type"));
    if (!answer.ok || !wants(type)) {
      await answer.body?.cancel();
      if (!answer.ok)
        throw new DownloadError("failed", `'${host}' answered with status ${answer.status}.`, {
          status: answer.status,
        });
      throw new DownloadError("type", `What is there has the type '${type}', which is not read.`);
    }
    const content = Buffer.from(await answer.arrayBuffer());
    const url = answer.url || address;
    return { url, content, type, charset, filename: filenameOf(answer.headers, url) };
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof DownloadError) throw thrown;
    if (late.aborted) throw new DownloadError("failed", `'${host}' took too long to answer.`);
    throw toDownloadError(thrown, host);
  }
}

function toDownloadError(thrown: unknown, host: string): DownloadError {
  const guard = thrown instanceof GuardError ? thrown : guardErrorIn(thrown);
  if (guard === undefined)
    return new DownloadError("failed", `'${host}' sent what cannot be read.`, { cause: thrown });
  const reason =
    guard.reason === "too_large"
      ? "too_large"
      : guard.reason === "address" || guard.reason === "url"
        ? "refused"
        : "failed";
  return new DownloadError(reason, guard.message, { cause: guard.cause ?? guard });
}

function parseContentType(header: string | null): [type: string, charset: string | undefined] {
  const type = (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(header ?? "")?.[1];
  return [type, charset];
}

/** The name that the server gives (RFC 6266), else the last step of the address. */
function filenameOf(headers: Headers, address: string): string {
  const disposition = headers.get("content-disposition") ?? "";
  const extended = /filename\*\s*=\s*utf-8''([^;\s]+)/i.exec(disposition)?.[1];
  const plain = /filename\s*=\s*(?:"([^"]+)"|([^;\s]+))/i.exec(disposition);
  const named = (extended && decoded(extended)) ?? plain?.[1] ?? plain?.[2];
  const step = decoded(URL.parse(address)?.pathname.split("/").at(-1) ?? "");
  const name = basename((named ?? step ?? "").replaceAll("\\", "/")).replace(/[\p{Cc}\p{Cf}]/gu, "");
  return name.slice(0, 200).toWellFormed();
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
