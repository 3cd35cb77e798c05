// Seals its process as the one that runs code does, and then tries what code could that has got at JavaScript itself.
// It tells by name what has worked. Its argument is the port of a server.
import { createSocket } from "node:dgram";
import { writeSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer, Socket } from "node:net";
import { cutNetwork, hideStreams, narrowBindings, sealProcess } from "../child/seal-process.ts";

const port = Number(process.argv[2]);
const before = { process, connect, createServer, Socket, createSocket, request, fetch: globalThis.fetch };
cutNetwork();
hideStreams();
narrowBindings();
sealProcess();

const held = before.process as unknown as Record<string, (...args: unknown[]) => unknown>;
const global = globalThis as unknown as Record<string, (...args: unknown[]) => unknown>;
const modules = [
  "net",
  "fs",
  "child_process",
  "worker_threads",
  "inspector",
  "vm",
  "dgram",
  "module",
  "os",
  "v8",
];

/** Each gives something where it works, and throws or gives nothing where it does not. */
const attempts: Record<string, () => unknown> = {
  "globalThis.process": () => global.process,
  "globalThis.Buffer": () => global.Buffer,
  fetch: () => global.fetch?.(`http://127.0.0.1:${port}`),
  WebSocket: () => global.WebSocket,
  "the fetch of before": () => before.fetch(`http://127.0.0.1:${port}`),
  "a socket": () => new before.Socket().connect(port, "127.0.0.1"),
  "a socket's other way": () => before.connect({ port, host: "127.0.0.1" }),
  "a server": () => before.createServer().listen(0),
  "a request": () => once(before.request({ port, host: "127.0.0.1" })),
  datagrams: () => before.createSocket("udp4").send("x", port, "127.0.0.1"),
  "a server of datagrams": () => before.createSocket("udp4").bind(0),
  "new Function": () => new Function("return 1")(),
  eval: () => global.eval?.("1"),
  "kill of the parent": () => held.kill?.(0, 0),
  "kill, as its own": () => held._kill?.(0, 0),
  "process.abort": () => held.abort?.(),
  "process.exit": () => held.exit?.(9),
  "process.reallyExit": () => held.reallyExit?.(9),
  "process.dlopen": () => held.dlopen?.({ exports: {} }, "/x.node"),
  "process.binding": () => held.binding?.("constants"),
  "process._linkedBinding": () => held._linkedBinding?.("fs"),
  "process._debugProcess": () => held._debugProcess?.(1),
  "process.chdir": () => held.chdir?.("/"),
  "process.execve": () => held.execve?.("/bin/sh", ["sh"], {}),
  "process.report": () => (held.report as unknown as { getReport(): unknown })?.getReport(),
  "process.stdin": () => (held.stdin as unknown as { _handle?: unknown })?._handle,
  "process.getBuiltinModule": () => held.getBuiltinModule?.("node:fs"),
  ...Object.fromEntries(modules.map((name) => [`import ${name}`, () => import(`node:${name}`)])),
  "import of data": () => import(`data:text/javascript,${"export default 1"}`),
  "the stack": () => {
    (Error as { prepareStackTrace?: unknown }).prepareStackTrace = (_: unknown, frames: unknown) => frames;
    return typeof new Error("x").stack === "string" ? undefined : "frames";
  },
};

/** A request tells of its end; one that was never sent does not. */
function once(sent: { on(event: string, heard: () => void): unknown; end(): void }): Promise<unknown> {
  return new Promise((resolve, reject) => {
    sent.on("error", () => reject(new Error("refused")));
    sent.on("response", () => resolve("answered"));
    sent.end();
  });
}

const worked: string[] = [];
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    if ((await attempt()) !== undefined) worked.push(name);
  } catch {
    // As it should be.
  }
}
writeSync(1, `${JSON.stringify({ tried: Object.keys(attempts).length, worked })}\n`);
