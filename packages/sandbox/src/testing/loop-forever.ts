// Runs code that never ends, and tells the id of the process that does, once it does.
import { openPythonSandbox } from "../python-sandbox.ts";

const sandbox = openPythonSandbox({ prewarm: 0, timeoutMs: 600_000 });
const { signal } = new AbortController();
await sandbox.run("c", { code: "1", files: [] }, signal);
const [pid] = sandbox.pids;
const running = sandbox.run("c", { code: "while True: pass", files: [] }, signal);
process.stdout.write(`${pid}\n`);
await running;
