import * as z from "zod";
import { duration, integer, size, toggle } from "./scalars.ts";

const smallestMemory = 256 * 2 ** 20;

/** `tools.code_interpreter`: the sandbox for code of models. */
export const codeInterpreterSchema = z.strictObject({
  enabled: toggle()
    .prefault(false)
    .describe(
      "Carry out the `code_interpreter` tool: run Python code of models, in processes of its own. Off unless it is wanted: each such process takes 170 MB and more, and code of strangers is a risk that nobody should take unasked.",
    ),
  timeout: duration()
    .prefault("30s")
    .describe("Time that one call's code may run. It is interrupted then, and ended 5 s later."),
  memory: size()
    .refine((bytes) => bytes >= smallestMemory, "expected at least 256MiB")
    .prefault("512MiB")
    .describe("Largest memory of one process, of which some 160 MB are the interpreter's."),
  max_containers: integer(1, 1000)
    .prefault(4)
    .describe(
      "Containers whose code may be kept in memory at the same time. For a further one the one unused for longest is put away; its files stay.",
    ),
  prewarm: integer(0, 16)
    .prefault(1)
    .describe(
      "Processes that are kept ready beside those: a start takes seconds. 0: none before it is needed.",
    ),
  idle_timeout: duration()
    .prefault("5m")
    .describe(
      "Time without a call after which a container's process is ended. Its files stay; variables are lost.",
    ),
  wait: duration()
    .prefault("1m")
    .describe(
      "Time that a call waits while all processes are busy. The model is told then, and goes on without.",
    ),
  max_output: integer(1000, 10_000_000)
    .prefault(40_000)
    .describe("Characters of output that are kept of one call. More is cut out of the middle."),
  expires_after: integer(1, 1440)
    .prefault(20)
    .describe("Minutes without use after which a container expires, where its maker does not say."),
  keep: duration()
    .prefault("30d")
    .describe("Time without use after which a container is removed with its files."),
  max_file_bytes: size()
    .prefault("32MiB")
    .describe("Largest file of a container, and most that one call writes."),
  max_files: integer(1, 10_000).prefault(200).describe("Files of one container."),
  max_bytes: size().prefault("256MiB").describe("Bytes of all files of one container."),
  quota_containers: integer(1, 1_000_000)
    .prefault(1000)
    .describe("Containers that each tenant may have. The one that expired first makes room."),
});
