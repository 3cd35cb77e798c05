import * as z from "zod";
import { listOf } from "./list-of.ts";

/** Fields of a container that ask for what is the same in all of them here, or not to be had. */
export const containerWishes = {
  memory_limit: z.enum(["1g", "4g", "16g", "64g"]).nullish(),
  network_policy: z
    .looseObject({
      type: z.enum(["disabled", "allowlist"]),
      allowed_domains: z.array(z.string()).nullish(),
      domain_secrets: z.unknown().optional(),
    })
    .nullish(),
  skills: z.unknown().optional(),
};

/** Those of these fields that have no effect: there is one size of container, no network, and there are no skills. */
export function unmetWishes({
  memory_limit: memory,
  network_policy: network,
  skills,
}: z.infer<z.ZodObject<typeof containerWishes>>): string[] {
  return [
    ...(memory != null ? ["memory_limit"] : []),
    ...(network?.type === "allowlist" ? ["network_policy"] : []),
    ...(skills != null ? ["skills"] : []),
  ];
}

/** Runs Python code; carried out where the server has a sandbox. */
export const codeInterpreterTool = z.looseObject({
  type: z.literal("code_interpreter"),
  /** Left out, which the API does not allow, it is `auto`. */
  container: z
    .union([
      z.string().min(1).max(256),
      z.looseObject({
        type: z.literal("auto"),
        file_ids: z.array(z.string().min(1).max(256)).max(100).nullish(),
        ...containerWishes,
      }),
    ])
    .nullish(),
  allowed_callers: z.unknown().optional(),
});

export type CodeInterpreterTool = z.infer<typeof codeInterpreterTool>;

const output = z.looseObject({
  type: z.string(),
  logs: z.string().nullish(),
  url: z.string().nullish(),
});

/** Code that was run, as a caller sends it back. */
export const codeInterpreterCall = z.looseObject({
  type: z.literal("code_interpreter_call"),
  id: z.string().min(1).max(512).nullish(),
  status: z.string().nullish(),
  code: z.string().nullish(),
  container_id: z.string().nullish(),
  outputs: listOf(output).nullish(),
  files: listOf(z.looseObject({ file_id: z.string(), path: z.string() })).nullish(),
});

export type CodeInterpreterCallItem = z.infer<typeof codeInterpreterCall> & { id: string };

/** What code has brought: what it printed, or a picture that it wrote. */
export type CodeOutput = { type: "logs"; logs: string } | { type: "image"; url: string };

/** A file that code has written. */
export type CodeFile = { file_id: string; path: string };

/**
 * Code that is or was run. `outputs` and `files` are stored with it; answers tell them only where `include` asks for
 * `code_interpreter_call.outputs`.
 */
export type OutputCodeInterpreterCall = {
  type: "code_interpreter_call";
  id: string;
  status: "in_progress" | "interpreting" | "completed" | "incomplete" | "failed";
  code: string | null;
  container_id: string;
  outputs: CodeOutput[] | null;
  files?: CodeFile[];
};

/** Events of code that is run (API reference, "Streaming events"). */
export type CodeEventBody =
  | {
      type:
        | "response.code_interpreter_call.in_progress"
        | "response.code_interpreter_call.interpreting"
        | "response.code_interpreter_call.completed";
      item_id: string;
      output_index: number;
    }
  | {
      type: "response.code_interpreter_call_code.delta";
      item_id: string;
      output_index: number;
      delta: string;
    }
  | {
      type: "response.code_interpreter_call_code.done";
      item_id: string;
      output_index: number;
      code: string;
    };

/** True for the tool that runs code. */
export function isCodeInterpreterTool(declared: { type: string }): declared is CodeInterpreterTool {
  return declared.type === "code_interpreter";
}

/** Code that was run, as an answer shows it; the item itself where it hides nothing. */
export function toVisibleCodeCall<T extends { type: string }>(item: T, include: readonly string[]): T {
  const { outputs, files, ...rest } = item as T & Partial<OutputCodeInterpreterCall>;
  if (include.includes("code_interpreter_call.outputs")) return item;
  if (outputs === null && files === undefined) return item;
  return { ...rest, outputs: null } as unknown as T;
}
