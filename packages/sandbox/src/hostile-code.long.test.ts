import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tempDir } from "@gateway/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openRunner } from "./testing/run-code.ts";

// A start takes seconds, and many of them on a machine that is busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const { sandbox, run } = openRunner({ memoryBytes: 420 * 2 ** 20, timeoutMs: 4_000 });
const dir = tempDir();
const secret = dir.join("secret.txt");
/** Counts who comes by. */
let visits = 0;
let server: Server;
let port = 0;

beforeAll(async () => {
  writeFileSync(secret, "the secret");
  server = createServer((socket) => {
    visits++;
    socket.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as { port: number }).port;
});

afterAll(async () => {
  await sandbox.close();
  server.close();
});

/** Finds JavaScript objects, however the interpreter can be asked for them. */
const findObjects = `
import gc, sys
import _pyodide_core, pyodide.ffi
def objects():
    found = [pyodide.ffi.to_js([1]), pyodide.ffi.to_js({"a": 1}), pyodide.ffi.create_proxy(print)]
    proxy = type(found[0])
    for held in list(gc.get_objects()) + [vars(m) for m in list(sys.modules.values()) if hasattr(m, "__dict__")]:
        if isinstance(held, dict):
            found += [v for v in list(held.values()) if isinstance(v, pyodide.ffi.JsProxy)]
        elif isinstance(held, pyodide.ffi.JsProxy):
            found.append(held)
    return found
def walk(limit):
    seen, todo = {}, objects()
    while todo and len(seen) < limit:
        value = todo.pop()
        try:
            key = value.js_id
        except BaseException:
            continue
        if key in seen: continue
        seen[key] = value
        for name in dir(value):
            if name.startswith("__") and name not in ("__proto__",): continue
            try: child = getattr(value, name)
            except BaseException: continue
            if isinstance(child, pyodide.ffi.JsProxy): todo.append(child)
    return list(seen.values())
`;

test.each([
  ["os.system", "import os; os.system('id')"],
  ["subprocess", "import subprocess; subprocess.run(['id'])"],
  ["os.popen", "import os; os.popen('id').read()"],
  ["os.fork", "import os; os.fork()"],
  ["os.execv", "import os; os.execv('/bin/sh', ['sh'])"],
  ["os.posix_spawn", "import os; os.posix_spawn('/bin/sh', ['sh'], {})"],
  ["threads", "import threading; threading.Thread(target=print).start()"],
  ["multiprocessing", "import multiprocessing as m; m.Process(target=print).start()"],
  ["os.kill", "import os; os.kill(os.getppid(), 9)"],
  ["os.abort", "import os; os.abort()"],
  ["os._exit", "import os; os._exit(1)"],
  ["ctypes", "import ctypes; ctypes.CDLL('libc.so.6')"],
  ["/etc", "open('/etc/passwd').read()"],
  ["/proc", "open('/proc/self/environ').read()"],
  ["micropip", "import micropip"],
  ["js", "import js; js.process"],
  ["js fetch", "from js import fetch"],
  ["pyodide_js", "import pyodide_js; pyodide_js.FS"],
  ["run_js", "from pyodide.code import run_js; run_js('1')"],
])("%s fails, and the interpreter goes on", async (_, code) => {
  const { end, logs, alive } = await run(code);
  expect({ end, logs, alive }).toMatchObject({
    end: "failed",
    alive: true,
    logs: expect.stringContaining("Error"),
  });
});

test("no way of Python's reaches a server", async () => {
  const ways = [
    "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); s.accept()",
    "import http.server; http.server.HTTPServer(('127.0.0.1', 0), None).serve_forever()",
    "import asyncio; await asyncio.start_server(print, '127.0.0.1', 0)",
    "import socket; socket.create_connection(('127.0.0.1', PORT), 1)",
    "import socket; s = socket.socket(); s.connect(('127.0.0.1', PORT)); s.send(b'x')",
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', ('127.0.0.1', PORT))",
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:PORT')",
    "import http.client; http.client.HTTPConnection('127.0.0.1', PORT).request('GET', '/')",
    "from pyodide.http import pyfetch; await pyfetch('http://127.0.0.1:PORT')",
    "from pyodide.http import open_url; open_url('http://127.0.0.1:PORT')",
    "import asyncio; await asyncio.open_connection('127.0.0.1', PORT)",
    "import webbrowser; assert webbrowser.open('http://127.0.0.1:PORT')",
  ];
  for (const way of ways) {
    const { end, logs } = await run(way.replaceAll("PORT", String(port)));
    expect({ way, end, logs }).toMatchObject({ end: "failed" });
  }
  expect(visits).toBe(0);
});

test("no JavaScript object that can be found leads to the process, its signals or a module", async () => {
  const { end, logs } = await run(`${findObjects}
reached = walk(4000)
print(len(reached) > 50)
for value in reached:
    for name in ("getBuiltinModule", "kill", "reallyExit", "binding", "dlopen", "ppid", "mainModule", "runInThisContext"):
        if hasattr(value, name):
            print("found", name, str(value)[:80])
`);
  expect({ end, logs }).toEqual({ end: "completed", logs: "True\n" });
});

test("JavaScript objects make no code, load nothing and reach no server", async () => {
  const { end, logs } = await run(`${findObjects}
import asyncio
tried = 0
async def attempt(value, name, *args):
    global tried
    if not hasattr(value, name): return
    tried += 1
    try:
        got = getattr(value, name)(*args)
        if hasattr(got, "then"): got = await asyncio.wait_for(got, 0.2)
        if got is not None and "secret" in str(got): print("got", name, str(got)[:80])
    except BaseException as e:
        pass
for value in walk(4000):
    for url in ("http://127.0.0.1:${port}/", "${secret}", "file://${secret}"):
        for name in ("loadPackage", "loadScript", "asyncLoad", "loadBinaryFile", "readAsync", "fetch", "import", "require", "wget", "loadDynlib", "loadDynamicLibrary"):
            await attempt(value, name, url)
    if hasattr(value, "constructor") and hasattr(value.constructor, "constructor"):
        try:
            print("made", value.constructor.constructor("return 1")())
            break
        except BaseException:
            tried += 1
print(tried > 0)
`);
  expect({ end, logs }).toEqual({ end: "completed", logs: "True\n" });
  expect(visits).toBe(0);
});

test("the host's files cannot be mounted, written or linked to", async () => {
  const outside = dir.join("written.txt");
  const { logs } = await run(`${findObjects}
import os
reached = walk(4000)
mounts = [v for v in reached if hasattr(v, "mount") and hasattr(v, "mkdirTree")]
kinds = [v for v in reached if hasattr(v, "mount") and hasattr(v, "createNode")]
natives = [v for v in reached if hasattr(v, "mountNodeFS")]
os.makedirs("/host", exist_ok=True)
for native in natives:
    for path in ("/", "${dir.path}", "/etc"):
        try: native.mountNodeFS("/host/" + str(len(os.listdir("/host"))), path)
        except BaseException as e: pass
for fs in mounts:
    for kind in kinds:
        try:
            at = "/host/k" + str(len(os.listdir("/host")))
            os.makedirs(at)
            fs.mount(kind, pyodide.ffi.to_js({"root": "${dir.path}"}), at)
        except BaseException as e: pass
os.symlink("${secret}", "link.txt")
for path in ["${secret}", "link.txt"] + [os.path.join("/host", d, "secret.txt") for d in os.listdir("/host")]:
    try: print(open(path).read())
    except BaseException as e: pass
for path in ["${outside}"] + [os.path.join("/host", d, "written.txt") for d in os.listdir("/host")]:
    try: open(path, "w").write("x")
    except BaseException as e: pass
`);
  expect(logs).not.toContain("the secret");
  expect(existsSync(outside)).toBe(false);
});

test.each([
  ["emscripten_run_script", "ctypes.CDLL(None).emscripten_run_script(b'1')"],
  ["system", "assert ctypes.CDLL(None).system(b'id') == 0"],
  ["kill", "import os; assert ctypes.CDLL(None).kill(os.getppid(), 9) == 0"],
  ["connect", "ctypes.CDLL(None).getaddrinfo(b'localhost', b'80', None, None)"],
])("the system library's own %s does no harm", async (_, code) => {
  await run(`import ctypes; ${code}`, "ctypes");
  expect((await run("1", "ctypes")).logs).toBe("1\n");
});

test("there is nothing of the gateway in the environment", async () => {
  const { logs } = await run("import os, sys; print(dict(os.environ), sys.argv, sys.path, os.listdir('/'))");
  expect(logs).not.toMatch(/sandbox-process|node_modules|GATEWAY|KEY/);
});

test("a path out of the working directory is no file of the container", async () => {
  const { changed } = await run("open('/mnt/outside.txt', 'w').write('x'); open('in.txt', 'w').write('y')");
  expect(changed.map(({ path }) => path)).toEqual(["in.txt"]);
});

test("memory ends in MemoryError, and the interpreter goes on", async () => {
  const { end, logs, alive } = await run("held = []\nwhile True: held.append(bytearray(10_000_000))");
  expect({ end, logs, alive }).toMatchObject({ end: "failed", alive: true });
  expect(logs).toContain("MemoryError");
  expect((await run("del held\n1")).logs).toBe("1\n");
});

test("memory beside Python's own ends the process", async () => {
  const code =
    "import pyodide.ffi, os\nn = 0\nwhile True:\n    open(f'/tmp/{n}', 'wb').write(bytes(20_000_000)); n += 1";
  expect(await run(code, "files")).toMatchObject({ end: "out_of_memory", alive: false });
  expect(await run("1", "files")).toMatchObject({ end: "completed", fresh: true });
});

test.each([
  ["that cannot be interrupted", "import itertools; sum(itertools.count())"],
  ["that sleeps on", "import time\nwhile True:\n  try: time.sleep(100)\n  except BaseException: pass"],
  [
    "that awaits on",
    "import asyncio\nwhile True:\n  try: await asyncio.sleep(100)\n  except BaseException: pass",
  ],
  [
    "of short waits",
    "import asyncio\nwhile True:\n  try: await asyncio.sleep(0)\n  except BaseException: pass",
  ],
  ["that refuses to be", "while True:\n  try:\n    while True: pass\n  except BaseException: pass"],
  [
    "whose signal is ignored",
    "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
  ],
])("an endless loop %s ends the process", async (_, code) => {
  expect(await run(code, "loop")).toMatchObject({ end: "timed_out", alive: false });
});

test("recursion ends in RecursionError; one that uses the stack up ends the process, not the gateway", async () => {
  expect(await run("def f(): f()\nf()")).toMatchObject({ end: "failed", alive: true });
  const crash = await run("import json; json.loads('[' * 100000)", "deep");
  expect(["crashed", "failed"]).toContain(crash.end);
  expect((await run("1", "deep")).logs).toBe("1\n");
});

test("one container sees nothing of another", async () => {
  await run("mine = 1; open('mine.txt', 'w').write('x')", "a");
  expect((await run("import os; print('mine' in globals(), os.listdir())", "b")).logs).toBe("False []\n");
});

test("a process is ended with its run", async () => {
  const abort = new AbortController();
  const running = sandbox.run("aborted", { code: "while True: pass", files: [] }, abort.signal);
  abort.abort(new Error("gone"));
  await expect(running).rejects.toThrow("gone");
  expect(await run("1", "aborted")).toMatchObject({ fresh: true, logs: "1\n" });
});
