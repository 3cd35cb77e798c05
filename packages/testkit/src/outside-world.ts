import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** Stands where a program's proxy would be, and lets nothing through. */
export interface OutsideWorld extends AsyncDisposable {
  /** Environment that leads all but loopback to it; HTTP libraries of every language read these names. */
  readonly env: Record<string, string>;
  /** What was asked of it, as the first lines of the requests: `CONNECT github.com:443 HTTP/1.1`. */
  readonly attempts: readonly string[];
}

/** Opens a proxy, on a free port of loopback, that notes and refuses every request. */
export async function watchOutsideWorld(): Promise<OutsideWorld> {
  const attempts: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", (bytes) => {
      attempts.push(bytes.toString("latin1").split("\r\n", 1)[0] ?? "");
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxies = Object.fromEntries(
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [
      [name, address],
      [name.toLowerCase(), address],
    ]),
  );
  return {
    env: { ...proxies, NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" },
    attempts,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
