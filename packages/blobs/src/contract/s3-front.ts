import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { isSigned, type S3Account } from "./s3-signature.ts";

/** A call as the front saw it. */
export interface S3Call {
  method: string;
  /** Path and query. */
  url: string;
  bytes: number;
}

/** What the front does with a call instead of passing it on. */
export type S3Trouble =
  | { status: number; body?: string; headers?: Record<string, string> }
  /** Ends the connection without an answer. */
  | "drop"
  /** Never answers. */
  | "hang"
  /** Passes the call on and ends the connection in place of the answer. */
  | "lose the answer"
  /** Ends the connection in the middle of the answer's body. */
  | "cut";

/** A server that passes rightly signed calls on to an object store, sees them, and can make trouble. */
export interface S3Front {
  url: string;
  calls: S3Call[];
  /** Asked for every call; undefined passes it on. */
  trouble: (call: S3Call) => S3Trouble | undefined;
  /** Calls whose answers are not sent to their end. */
  running(): number;
  close(): Promise<void>;
}

/** Starts a front on a free port of the loopback interface. */
export async function startS3Front(storePort: number, account: S3Account): Promise<S3Front> {
  let running = 0;
  const server = createServer((req, res) => {
    running += 1;
    res.once("close", () => {
      running -= 1;
    });
    const { method = "", url = "" } = req;
    const call = { method, url, bytes: Number(req.headers["content-length"] ?? 0) };
    front.calls.push(call);
    const trouble = front.trouble(call);
    if (trouble === "drop") res.destroy();
    else if (trouble === "hang") req.resume();
    else if (typeof trouble === "object") {
      req.resume();
      res.writeHead(trouble.status, trouble.headers).end(trouble.body);
    } else if (!isSigned(req, account)) {
      req.resume();
      res.writeHead(403).end();
    } else passOn(req, res, storePort, trouble);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const front: S3Front = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: [],
    trouble: () => undefined,
    running: () => running,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return front;
}

function passOn(
  req: IncomingMessage,
  res: ServerResponse,
  port: number,
  trouble: "lose the answer" | "cut" | undefined,
): void {
  const { method, url, headers } = req;
  const upstream = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    if (trouble === "lose the answer") {
      answer.resume();
      res.destroy();
      return;
    }
    res.writeHead(answer.statusCode ?? 500, answer.headers);
    if (trouble === "cut") answer.once("data", (chunk) => res.write(chunk, () => res.destroy()));
    else answer.pipe(res);
  });
  upstream.on("error", () => res.destroy());
  res.once("close", () => {
    if (!res.writableFinished) upstream.destroy();
  });
  req.pipe(upstream);
}
