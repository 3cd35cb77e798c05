import type { Item } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { joinsConversation, type ResponseRecord } from "./stores.ts";

/**
 * Stores a response as it begins and as it ends. Where `store` is false nothing of it is kept, but the
 * conversation it belongs to still gains its items.
 */
export function keepResponse(
  record: ResponseRecord,
  scope: RequestScope,
  { responses, conversations }: Pick<EngineDeps, "responses" | "conversations">,
) {
  const { response, input } = record;
  const { store, conversation } = response;
  return {
    /** Not waited for: nothing has been promised yet, and the first token must not wait for the disk. */
    begin(): void {
      if (!store) return;
      responses
        .begin(scope.tenant, record)
        .catch((error: unknown) => scope.onFault("a beginning response was not stored", error));
    },
    /** Resolves when the response is stored as it is now; rejects where it cannot be. */
    async finish(): Promise<void> {
      if (store) await responses.finish(scope.tenant, record);
      else if (conversation !== null && joinsConversation(response)) {
        await conversations.append(scope.tenant, conversation.id, [...input, ...(response.output as Item[])]);
      }
    },
  };
}
