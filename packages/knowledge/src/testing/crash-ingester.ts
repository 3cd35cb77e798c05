import { FakeEmbedder } from "./fake-embedder.ts";
import { FakeExtractor } from "./fake-extractor.ts";
import { openOnDisk } from "./on-disk-knowledge.ts";

/*
 * A process for the tests: it takes in what is queued in the directory that is its first argument, and kills itself
 * as many milliseconds after its start as the second says.
 */

const [dir = "", ms = "0"] = process.argv.slice(2);
const { knowledge } = await openOnDisk(dir, new FakeEmbedder({ msPerText: 5 }), new FakeExtractor());
await knowledge.start();
setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(ms));
