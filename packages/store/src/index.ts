export { StoreError } from "./errors.ts";
export { backupDatabase, checkDatabase } from "./sqlite/offline.ts";
export { openStore, type StoreOptions } from "./sqlite/open-store.ts";
export type { Store, StoreCheck } from "./store.ts";
