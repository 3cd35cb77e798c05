import { measureAnswers } from "./answers.ts";
import { measureBurst } from "./burst.ts";
import { measureFileSearch } from "./file-search.ts";
import { measureFirstToken } from "./first-token.ts";
import { measureIngest } from "./ingest.ts";
import { measureMcp } from "./mcp.ts";
import { measureMemory } from "./memory.ts";
import { measurePaced } from "./paced.ts";
import { measureReplay } from "./replay.ts";
import { measureSandbox } from "./sandbox.ts";
import { measureSearch } from "./search.ts";
import { measureStart } from "./start.ts";
import type { Topic } from "./topic.ts";
import { measureUpload } from "./upload.ts";
import { measureWebSockets } from "./websockets.ts";

/** The topics by the name `--only` takes, in the order they run. */
export const topics: Record<string, Topic> = {
  answers: measureAnswers,
  "first-token": measureFirstToken,
  burst: measureBurst,
  paced: measurePaced,
  start: measureStart,
  memory: measureMemory,
  ingest: measureIngest,
  search: measureSearch,
  upload: measureUpload,
  "file-search": measureFileSearch,
  mcp: measureMcp,
  sandbox: measureSandbox,
  replay: measureReplay,
  websockets: measureWebSockets,
};
