// Starts a confined process that never ends and never looks at anything, and tells its id.
import { fileURLToPath } from "node:url";
import { ConfinedProcess } from "../confined-process.ts";

const file = fileURLToPath(new URL("./endless.ts", import.meta.url));
const { pid } = new ConfinedProcess({
  file,
  readable: [file, fileURLToPath(new URL("../../package.json", import.meta.url))],
  heapBytes: 64 * 2 ** 20,
  answers: "bytes",
});
process.stdout.write(`${pid}\n`);
