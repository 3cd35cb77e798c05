import { badRequest } from "@gateway/protocol";

/**
 * Lets one response at a time write to a conversation: two at once would not see each other, and their turns
 * would be mixed. Held in this process, which is the only one that writes to its store.
 */
export class ConversationLocks {
  readonly #held = new Set<string>();

  /**
   * Takes a conversation's lock and returns what gives it back; nothing is taken where there is no conversation.
   * Throws a 400 `conversation_locked` while another response holds it.
   */
  acquire(tenant: string, conversation: string | undefined): () => void {
    if (conversation === undefined) return () => {};
    const key = JSON.stringify([tenant, conversation]);
    if (this.#held.has(key)) {
      throw badRequest(
        "Another response is being written to this conversation. Try again when it has ended.",
        {
          param: "conversation",
          code: "conversation_locked",
        },
      );
    }
    this.#held.add(key);
    return () => void this.#held.delete(key);
  }
}
