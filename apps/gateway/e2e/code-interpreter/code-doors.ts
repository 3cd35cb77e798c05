import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";

/** A gateway that runs code, with a scripted model, reached through every door. */
export function startCodeDoors(
  code: Record<string, unknown> = {},
  config: Record<string, unknown> = {},
): Promise<KnowledgeDoors> {
  return startKnowledge({
    embeddings: null,
    tools: { code_interpreter: { enabled: true, timeout: "20s", ...code } },
    ...config,
  });
}
