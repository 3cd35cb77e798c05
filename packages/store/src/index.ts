export { StoreError } from "./errors.ts";
export type { Retention, RetentionLimits, RetentionSlice } from "./retention.ts";
export { createSealer } from "./sealer.ts";
export { loadServerKey, type ServerKeyOptions, type ServerKeys } from "./server-key.ts";
export { type KeyRotation, rotateServerKey } from "./server-key-rotation.ts";
export { backupDatabase, checkDatabase } from "./sqlite/offline.ts";
export { openStore, type StoreOptions } from "./sqlite/open-store.ts";
export type { Store, StoreCheck } from "./store.ts";
