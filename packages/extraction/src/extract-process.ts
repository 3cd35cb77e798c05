// The program of an extraction process: reads one file after the other from standard input, as the gateway announces
// them, and answers with their text. It ends when the gateway's end of the channel closes.
import { Worker } from "node:worker_threads";
import { extractText, toRefusal } from "./formats/extract-text.ts";
import type { ExtractMessage, ProcessMessage } from "./process-messages.ts";

/** Small enough that neither side's event loop stands still for a piece. */
const pieceChars = 65_536;

/** A file that loops would keep this process from noticing that the gateway is gone; a thread of its own notices. */
const leash = `
const gateway = process.ppid;
setInterval(() => { if (process.ppid !== gateway) process.kill(process.pid, "SIGKILL"); }, 1000);
`;

function say(message: ProcessMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Reads so many bytes of standard input. */
function readInput(bytes: number): Promise<Uint8Array> {
  const content = new Uint8Array(bytes);
  let filled = 0;
  return new Promise((resolve) => {
    process.stdin.on("data", function take(chunk: Buffer) {
      content.set(chunk, filled);
      filled += chunk.length;
      if (filled < bytes) return;
      process.stdin.pause();
      process.stdin.off("data", take);
      resolve(content);
    });
    process.stdin.resume();
  });
}

async function extract({ filename, bytes, maxTextChars, maxUnpackedBytes }: ExtractMessage): Promise<void> {
  const content = await readInput(bytes);
  let text: string;
  try {
    text = await extractText({ filename, bytes: content, maxTextChars, maxUnpackedBytes });
  } catch (thrown) {
    const { code, message } = toRefusal(thrown);
    return say({ type: "refused", code, message });
  }
  for (let at = 0; at < text.length; at += pieceChars) {
    await say({ type: "text", text: text.slice(at, at + pieceChars) });
  }
  await say({ type: "done" });
}

process.on("message", (message: ExtractMessage) => void extract(message));
process.on("disconnect", () => process.exit());
new Worker(leash, { eval: true, execArgv: [] }).unref();
await say({ type: "ready" });
