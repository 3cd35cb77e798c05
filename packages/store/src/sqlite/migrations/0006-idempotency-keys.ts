/** Which response answers the requests of an idempotency key. What the table is for is written in `schema.ts`. */
export const idempotencyKeys = `
CREATE TABLE idempotency_claims (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  response_id TEXT NOT NULL,
  claimed_at INTEGER NOT NULL,
  answer TEXT
);
CREATE UNIQUE INDEX idempotency_claims_by_key ON idempotency_claims (tenant, path, key);
CREATE INDEX idempotency_claims_by_response ON idempotency_claims (response_id);
CREATE INDEX idempotency_claims_by_time ON idempotency_claims (claimed_at);
`;
