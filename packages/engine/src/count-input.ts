import { ApiError, type CreateRequest, newId } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import type { TokenCount } from "./model-backend.ts";
import { prepare } from "./prepare.ts";

/**
 * How many tokens the model would be shown if the request were carried out: history, input, instructions and tools,
 * and with `truncation: "auto"` what would be left of them. Nothing is stored and no conversation is held. Throws an
 * {@link ApiError} for whatever `respond` would refuse before it asks the model.
 */
export async function countInput(
  request: CreateRequest,
  scope: RequestScope,
  deps: EngineDeps,
): Promise<TokenCount> {
  const { countSent } = await prepare(request, newId("resp"), scope, deps);
  try {
    return await countSent();
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}
