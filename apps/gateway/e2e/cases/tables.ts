import type { Case } from "./case.ts";
import { agentCases } from "./tables/agent-cases.ts";
import { approvalCases } from "./tables/approval-cases.ts";
import { customToolCases } from "./tables/custom-tool-cases.ts";
import { errorCases } from "./tables/error-cases.ts";
import { functionCases } from "./tables/function-cases.ts";
import { hostedToolCases } from "./tables/hosted-tool-cases.ts";
import { ignoredToolCases } from "./tables/ignored-tool-cases.ts";
import { limitCases } from "./tables/limit-cases.ts";
import { machineToolCases } from "./tables/machine-tool-cases.ts";
import { mcpCases } from "./tables/mcp-cases.ts";
import { modelStyleCases } from "./tables/model-style-cases.ts";
import { offeredToolCases } from "./tables/offered-tool-cases.ts";
import { stateCases } from "./tables/state-cases.ts";
import { textCases } from "./tables/text-cases.ts";
import { toolChoiceCases } from "./tables/tool-choice-cases.ts";
import { toolListCases } from "./tables/tool-list-cases.ts";

/** The table of cases, by what they are about. */
export const tables: Record<string, readonly Case[]> = {
  answers: textCases,
  "styles of model servers": modelStyleCases,
  functions: functionCases,
  "choices of tools": toolChoiceCases,
  "tools on offer": offeredToolCases,
  "custom tools": customToolCases,
  "tools of the caller's machine": machineToolCases,
  "coding agents": agentCases,
  "lists of tools": toolListCases,
  "MCP servers": mcpCases,
  "calls that need an approval": approvalCases,
  "tools that run here": hostedToolCases,
  "tools without a service": ignoredToolCases,
  limits: limitCases,
  state: stateCases,
  errors: errorCases,
};
