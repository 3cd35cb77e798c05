import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Listens on a free port of loopback, tells it as one JSON line on standard output, `{"port":N}`, and ends the
 * process on SIGTERM. `startServer` is the reader of that line.
 */
export function announce(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
  });
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
  });
}
