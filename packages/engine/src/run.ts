import type { Item } from "@gateway/protocol";
import type { CallBudget } from "./call-budget.ts";
import type { Compactor } from "./compaction/compactor.ts";
import type { ContextEntry } from "./context-entry.ts";
import type { RequestScope } from "./engine-deps.ts";
import type { Keeper } from "./keep-response.ts";
import type { Prelude } from "./mcp/mcp-prelude.ts";
import type { ModelBackend, ModelTurn } from "./model-backend.ts";
import type { OutputBudget } from "./output-budget.ts";
import type { ResponseBuilder } from "./response-builder.ts";
import type { ToolPolicy } from "./tool-policy.ts";
import type { Sources } from "./tools/sources.ts";

/** What the turns of one response have in common. */
export interface Run {
  backend: ModelBackend;
  /** That of the first turn, or of the turn that is under way. */
  policy: ToolPolicy;
  /** What is done before the first turn. */
  prelude: Prelude;
  /** Numbers the passages that the model has been shown. */
  sources: Sources;
  /** What the request's prompt was rendered to: it stands before the context. */
  prompt: readonly Item[];
  compactor: Compactor;
  budget: OutputBudget;
  calls: CallBudget;
  builder: ResponseBuilder;
  keeper: Keeper;
  scope: RequestScope;
}

/** A turn of the model that is to come, and the context in it. */
export interface Next {
  turn: ModelTurn;
  entries: readonly ContextEntry[];
}
