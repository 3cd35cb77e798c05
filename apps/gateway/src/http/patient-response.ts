import { type IncomingMessage, ServerResponse } from "node:http";

/** Bytes of a body for which an answer that is given early keeps its connection: they are read past. */
const smallBody = 64 * 1024;
/** How long an early answer waits for more of its request, in milliseconds. */
const patience = 1_000;
/** Bytes of a body that are read past before its client is cut. */
const enough = 64 * 1024 * 1024;

/**
 * An answer that bears with being given before its request's body was read to the end (RFC 9112, sections 9.3 and
 * 9.6). The answer goes out at once, with its length. What still comes of the body is read and thrown away, until
 * nothing has come for a second or 64 MiB have:
 *
 * - A body that is here already, or was announced with up to 64 KiB, leaves the connection as it is. A wrong key or
 *   an overloaded server costs nobody a new connection.
 * - Any other may be endless, so the answer says `connection: close`. Were the connection closed without that word,
 *   the client would send its next request into it; were it closed at once, the client would still be sending, and
 *   the reset that it gets for that can cost it the answer.
 */
export class PatientResponse extends ServerResponse {
  override writeHead(status: number, ...rest: unknown[]): this {
    if (!leavesConnection(this.req)) this.setHeader("connection", "close");
    return super.writeHead(status, ...(rest as []));
  }

  override end(...args: unknown[]): this {
    if (this.writableEnded || isOver(this.req)) return super.end(...(args as []));
    const rest = args.filter((arg) => typeof arg !== "function");
    if (rest[0] != null) this.write(...(rest as [unknown, BufferEncoding]));
    const done = args.find((arg) => typeof arg === "function") as (() => void) | undefined;
    readPast(this.req, () => super.end(done));
    return this;
  }
}

/** Whether nothing of the request is left to be read. */
function isOver({ headers, readableEnded, destroyed }: IncomingMessage): boolean {
  if (headers["transfer-encoding"] === undefined && headers["content-length"] === undefined) return true;
  return readableEnded || destroyed;
}

/** Whether the request's end has come, or is as good as certain to. */
function leavesConnection(request: IncomingMessage): boolean {
  // Without a length, `NaN`, it is not small.
  return isOver(request) || request.complete || Number(request.headers["content-length"]) <= smallBody;
}

/** Reads a request to its end, or for as long as it is worth it, and calls `then` once. */
function readPast(request: IncomingMessage, then: () => void): void {
  let read = 0;
  const pass = (bytes: Uint8Array) => {
    read += bytes.byteLength;
    if (read > enough) over();
    else timer.refresh();
  };
  const over = () => {
    clearTimeout(timer);
    request.off("data", pass);
    request.off("close", over);
    then();
  };
  const timer = setTimeout(over, patience);
  timer.unref();
  // Follows the end and every way to break.
  request.once("close", over);
  // Whoever had begun to read stops the stream with each chunk, and would keep what comes.
  request.removeAllListeners("data");
  request.on("data", pass);
  request.resume();
}
