import { responsesAndConversations } from "./0001-responses-and-conversations.ts";
import { filesAndKnowledge } from "./0002-files-and-knowledge.ts";
import { responseEvents } from "./0003-response-events.ts";
import { retention } from "./0004-retention.ts";
import { eventJournal } from "./0005-event-journal.ts";
import { idempotencyKeys } from "./0006-idempotency-keys.ts";
import { containers } from "./0007-containers.ts";

/**
 * The SQL of every migration, oldest first: the n-th brings a database to schema version n. What has been
 * released is never changed; a change of the schema is a new file at the end. They are modules, not `.sql`
 * files, so that they are found in a bundle too.
 */
export const migrations: readonly string[] = [
  responsesAndConversations,
  filesAndKnowledge,
  responseEvents,
  retention,
  eventJournal,
  idempotencyKeys,
  containers,
];
