import type { Database } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";
import { openClient } from "./open-client.ts";

/** Opens a new, empty database in this process's memory. */
export function openMemoryDatabase(): Database {
  const client = openClient(":memory:");
  return {
    client,
    writer: new GroupCommit(client),
    erased: () => {},
    isInPlace: () => true,
    hasRoom: () => true,
    copyTo: (file) => client.backup(file),
    integrity: async () => {
      const lines = client.pragma("integrity_check(20)") as { integrity_check: string }[];
      return lines.map((line) => line.integrity_check);
    },
    close: async () => void client.close(),
  };
}
