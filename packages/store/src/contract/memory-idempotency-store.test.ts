import { MemoryIdempotencyStore } from "../../../engine/src/idempotency/testing/memory-idempotency-store.ts";
import { idempotencyStoreContract } from "./idempotency-store-contract.ts";

// The engine's tests rely on it: it has to do what a database does.
idempotencyStoreContract("the engine's own test store", () => ({
  idempotency: new MemoryIdempotencyStore(),
  close: async () => {},
}));
