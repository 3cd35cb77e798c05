import { type KnowledgeDoors, startKnowledge } from "../knowledge/knowledge-doors.ts";

/** A gateway that may ask MCP servers on this machine, with a scripted model, reached through every door. */
export function startMcpDoors(config: Record<string, unknown> = {}): Promise<KnowledgeDoors> {
  const { tools = {}, ...rest } = config;
  return startKnowledge({
    embeddings: null,
    tools: { allow_private_networks: true, ...(tools as object) },
    ...rest,
  });
}
