import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfinedProcess } from "@gateway/confined";
import { expect, test } from "vitest";

test("JavaScript in a sealed process reaches no network, no module, no signal and no code from strings", async () => {
  let visits = 0;
  const server = createServer((socket) => {
    visits++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const source = import.meta.dirname;
  const sealed = new ConfinedProcess({
    file: fileURLToPath(new URL("./testing/sealed-program.ts", import.meta.url)),
    args: [String(port)],
    readable: [join(source, "*"), join(source, "..", "package.json")],
    heapBytes: 128 * 2 ** 20,
    answers: "bytes",
  });
  let said = "";
  sealed.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  expect({ end: await sealed.ended, words: sealed.lastWords }).toEqual({
    end: "ended with code 0",
    words: "",
  });
  expect(JSON.parse(said)).toEqual({ tried: expect.any(Number), worked: [] });
  expect(visits).toBe(0);
  server.close();
});
