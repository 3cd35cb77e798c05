import type { CreateRequest, Item } from "@gateway/protocol";

/**
 * The request with the settings that items of its context have made: of each setting the last one holds, whether it was
 * made in the history or in the request's own input.
 */
export function configure(request: CreateRequest, items: readonly Item[]): CreateRequest {
  let { reasoning, text } = request;
  for (const item of items) {
    if (item.type !== "configuration_update") continue;
    const { reasoning: thinking, text: output } = item;
    if (thinking?.effort !== undefined) reasoning = { ...reasoning, effort: thinking.effort };
    if (output != null) text = { ...text, format: output.format };
  }
  if (reasoning === request.reasoning && text === request.text) return request;
  return { ...request, ...(reasoning && { reasoning }), ...(text && { text }) };
}
