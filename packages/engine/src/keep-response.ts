import type { RequestScope } from "./respond.ts";
import type { ResponseRecord, ResponseStore } from "./stores.ts";

/** Stores a response as it begins and as it ends; does nothing where `store` is false. */
export function keepResponse(record: ResponseRecord, scope: RequestScope, responses: ResponseStore) {
  const { store } = record.response;
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
    },
  };
}
