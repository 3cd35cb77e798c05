import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import { constants } from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import net from "node:net";
import tls from "node:tls";

type Unsealed = Record<string, unknown>;

/** "Function not implemented", as the interpreter's system library numbers it. */
const enosys = 52;

/** What is thrown instead of doing something: an error of the system to Python, which any other would bring down. */
function refuse(what: string): (...args: unknown[]) => never {
  return function refused() {
    throw Object.assign(new Error(`${what} is not available here`), { name: "ErrnoError", errno: enosys });
  };
}

/**
 * Takes the network from this process, for good: Node 24 has no permission for it. Sockets cannot connect and servers
 * cannot listen, whoever made them; what makes them by another way is replaced. Call it before anything else is loaded,
 * for modules keep what they have imported.
 */
export function cutNetwork(): void {
  for (const name of ["connect", "_connect"] as const)
    Object.assign(net.Socket.prototype, { [name]: refuse("The network") });
  Object.assign(net.Server.prototype, { listen: refuse("The network") });
  Object.assign(dgram.Socket.prototype, {
    bind: refuse("The network"),
    send: refuse("The network"),
    connect: refuse("The network"),
  });
  for (const module of [net, tls, dgram, dns, dns.promises, http, https, http2] as object[] as Unsealed[])
    refuseAll(module, isClass);
  // Asked for by os.system() and at the start of the interpreter.
  (childProcess as unknown as Unsealed).spawnSync = () => ({ status: 127 });
  syncBuiltinESMExports();
  for (const name of ["fetch", "WebSocket", "EventSource", "XMLHttpRequest", "WebSocketStream", "navigator"])
    Reflect.deleteProperty(globalThis, name);
}

/** Gives the interpreter's file system the constants that it asks for, and nothing else of Node's insides. */
export function narrowBindings(): void {
  (process as unknown as Unsealed).binding = (name: string) => {
    if (name === "constants") return { fs: constants };
    throw new Error("process.binding is not available here");
  };
}

/**
 * Puts mere numbers in place of the standard streams. Making the real ones would leave handles that can be reached, and
 * make reads that are to wait fail instead.
 */
export function hideStreams(): void {
  for (const [fd, name] of ["stdin", "stdout", "stderr"].entries())
    Object.defineProperty(process, name, { value: { fd, isTTY: false }, configurable: true });
}

/** What the event loop of Node itself calls on the process. */
const neededOfProcess: ReadonlySet<string> = new Set([
  ...["emit", "listenerCount", "nextTick", "_tickCallback", "_exiting", "domain", "exitCode", "_events"],
  ...["_eventsCount", "_maxListeners", "version", "versions", "platform", "arch", "release", "pid", "hrtime"],
  ...["emitWarning", "noDeprecation", "throwDeprecation", "traceDeprecation", "features", "config"],
  // Asks the system anew each time: a copy of it would not tell that the parent has gone.
  "ppid",
  "_rawDebug",
  "_fatalException",
  "uptime",
  "cwd",
  "umask",
  "memoryUsage",
  "argv",
  "execArgv",
  "env",
  "execPath",
  "title",
]);

/**
 * Takes from this process what could harm another, or itself, once everything is loaded: signals, native code, modules,
 * its streams. No module can be loaded any more, by whichever way.
 */
export function sealProcess(): void {
  registerHooks({ resolve: refuse("Loading code"), load: refuse("Loading code") });
  const unsealed = process as unknown as Unsealed;
  for (const name of Object.getOwnPropertyNames(process)) {
    if (neededOfProcess.has(name)) continue;
    const property = Object.getOwnPropertyDescriptor(process, name);
    if (property?.configurable === false) {
      if (property.writable === true) unsealed[name] = undefined;
      continue;
    }
    const value = typeof property?.value === "function" ? refuse(`process.${name}`) : undefined;
    Object.defineProperty(process, name, { value, configurable: false, writable: false });
  }
  Reflect.deleteProperty(globalThis, "process");
  Reflect.deleteProperty(globalThis, "Buffer");
  // A way from an error to the functions and objects on the stack.
  Object.defineProperty(Error, "prepareStackTrace", {
    value: undefined,
    writable: false,
    configurable: false,
  });
  for (const name of Object.getOwnPropertyNames(console))
    Object.defineProperty(console, name, { value: () => {}, configurable: false, writable: false });
}

/** A memory of WebAssembly, which Node's own types do not know. */
interface WasmMemory {
  buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Bounds the memory of the interpreter: beyond it Python raises MemoryError. */
export function boundMemory(bytes: number): void {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: { prototype: WasmMemory } } };
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  const pageBytes = 65_536;
  Object.defineProperty(prototype, "grow", {
    value: function bounded(this: WasmMemory, pages: number) {
      if (this.buffer.byteLength + pages * pageBytes > bytes) throw new RangeError("out of memory");
      return grow.call(this, pages);
    },
    configurable: false,
    writable: false,
  });
}

/** Replaces the functions of a module, but for those that `spare` says. */
function refuseAll(module: Unsealed, spare: (name: string) => boolean): void {
  for (const name of Object.getOwnPropertyNames(module)) {
    const property = Object.getOwnPropertyDescriptor(module, name);
    if (typeof property?.value !== "function" || spare(name) || property.writable !== true) continue;
    module[name] = refuse("The network");
  }
}

/** Classes are looked at and derived from when modules are loaded; these can do nothing by now. */
function isClass(name: string): boolean {
  return /^[A-Z]/.test(name) && !/^(createSocket|ClientRequest|Agent)$/.test(name);
}
