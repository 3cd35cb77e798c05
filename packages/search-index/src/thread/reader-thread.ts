import type { Database } from "better-sqlite3";
import { openSearch } from "../search/search.ts";
import { openDocumentQueries } from "../storage/document-queries.ts";
import { openReader } from "../storage/open-database.ts";
import type { ReaderTasks, TaskHandlers } from "../tasks.ts";
import type { ThreadTasks } from "./writer-thread.ts";

/** A reading thread's tasks over a file that the writing thread has opened before. */
export function readerTasks(file: string): ThreadTasks<ReaderTasks> {
  let open: { client: Database; handlers: TaskHandlers<ReaderTasks> } | undefined;

  const handlers = (): TaskHandlers<ReaderTasks> => {
    if (open === undefined) {
      const client = openReader(file);
      open = { client, handlers: { search: openSearch(client), ...openDocumentQueries(client) } };
    }
    return open.handlers;
  };

  return {
    handlers: {
      search: (query) => handlers().search(query),
      text: (document) => handlers().text(document),
      documents: (page) => handlers().documents(page),
      documentsOfOtherModels: (page) => handlers().documentsOfOtherModels(page),
      chunkTexts: (page) => handlers().chunkTexts(page),
    },
    async stop() {},
    close() {
      open?.client.close();
      open = undefined;
    },
  };
}
