/**
 * Files, uploads, vector stores, prompts, connectors and jobs. What the tables are for is written in
 * `schema.ts`.
 *
 * Sums and counts are kept by triggers, so that they are right on whichever way a row comes, changes or goes:
 * what a tenant's files come to (quotas), how often content is referred to (its removal), and how many files of
 * a store or batch are in which state (clients ask for that in a loop). None of them is ever counted anew.
 */
export const filesAndKnowledge = `
CREATE TABLE files (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  filename TEXT NOT NULL,
  purpose TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  hash TEXT NOT NULL
);
CREATE UNIQUE INDEX files_by_id ON files (tenant, id);
CREATE INDEX files_in_order ON files (tenant);
CREATE INDEX files_by_purpose ON files (tenant, purpose);
CREATE INDEX files_expiring ON files (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE file_totals (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL
);
CREATE UNIQUE INDEX file_totals_by_tenant ON file_totals (tenant);

CREATE TABLE uploads (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  filename TEXT NOT NULL,
  purpose TEXT NOT NULL,
  mime_type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  received INTEGER NOT NULL,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  file_expiry INTEGER,
  file_seq INTEGER REFERENCES files (seq) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uploads_by_id ON uploads (tenant, id);
CREATE INDEX uploads_expiring ON uploads (expires_at) WHERE status = 'pending';
CREATE INDEX uploads_of_file ON uploads (file_seq) WHERE file_seq IS NOT NULL;

CREATE TABLE upload_parts (
  seq INTEGER PRIMARY KEY,
  upload_seq INTEGER NOT NULL REFERENCES uploads (seq) ON DELETE CASCADE,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL
);
CREATE UNIQUE INDEX upload_parts_by_id ON upload_parts (upload_seq, id);

CREATE TABLE blobs (
  seq INTEGER PRIMARY KEY,
  hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  announced_at INTEGER NOT NULL,
  refs INTEGER NOT NULL
);
CREATE UNIQUE INDEX blobs_by_hash ON blobs (hash);
CREATE INDEX blobs_unused ON blobs (announced_at) WHERE refs = 0;

CREATE TABLE vector_stores (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  name TEXT,
  description TEXT,
  metadata TEXT NOT NULL,
  expires_days INTEGER,
  last_active_at INTEGER NOT NULL,
  usage_bytes INTEGER NOT NULL,
  in_progress INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL
);
CREATE UNIQUE INDEX vector_stores_by_id ON vector_stores (tenant, id);
CREATE INDEX vector_stores_in_order ON vector_stores (tenant);

CREATE TABLE deleted_vector_stores (
  store_seq INTEGER PRIMARY KEY
);

CREATE TABLE file_batches (
  seq INTEGER PRIMARY KEY,
  store_seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  was_cancelled INTEGER NOT NULL,
  in_progress INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  cancelled INTEGER NOT NULL
);
CREATE UNIQUE INDEX file_batches_by_id ON file_batches (store_seq, id);

CREATE TABLE vector_store_files (
  document INTEGER PRIMARY KEY AUTOINCREMENT,
  store_seq INTEGER NOT NULL,
  file_seq INTEGER NOT NULL REFERENCES files (seq),
  batch_seq INTEGER,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  last_error TEXT,
  usage_bytes INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  chunk_tokens INTEGER NOT NULL,
  overlap_tokens INTEGER NOT NULL
);
CREATE UNIQUE INDEX vector_store_files_by_file ON vector_store_files (file_seq, store_seq);
CREATE INDEX vector_store_files_in_order ON vector_store_files (store_seq);
CREATE INDEX vector_store_files_by_status ON vector_store_files (store_seq, status);
CREATE INDEX vector_store_files_of_batch ON vector_store_files (batch_seq) WHERE batch_seq IS NOT NULL;

CREATE TABLE prompts (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  latest_version INTEGER NOT NULL,
  default_version INTEGER NOT NULL
);
CREATE UNIQUE INDEX prompts_by_id ON prompts (tenant, id);
CREATE INDEX prompts_in_order ON prompts (tenant);

CREATE TABLE prompt_versions (
  seq INTEGER PRIMARY KEY,
  prompt_seq INTEGER NOT NULL REFERENCES prompts (seq) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  name TEXT,
  prompt TEXT NOT NULL,
  variables TEXT NOT NULL
);
CREATE UNIQUE INDEX prompt_versions_by_number ON prompt_versions (prompt_seq, version);

CREATE TABLE connectors (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  server_url TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  headers TEXT
);
CREATE UNIQUE INDEX connectors_by_id ON connectors (tenant, id);
CREATE INDEX connectors_in_order ON connectors (tenant);

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  payload TEXT,
  state TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  attempt INTEGER NOT NULL
);
CREATE INDEX jobs_ready ON jobs (kind, tenant) WHERE state = 'ready';
CREATE INDEX jobs_delayed ON jobs (kind, not_before) WHERE state = 'delayed';
CREATE INDEX jobs_running ON jobs (state) WHERE state = 'running';
CREATE INDEX jobs_by_subject ON jobs (kind, subject);

CREATE TRIGGER file_added AFTER INSERT ON files BEGIN
  INSERT INTO file_totals (tenant, files, bytes) VALUES (new.tenant, 1, new.bytes)
    ON CONFLICT (tenant) DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes;
  INSERT INTO blobs (hash, bytes, announced_at, refs) VALUES (new.hash, new.bytes, 0, 1)
    ON CONFLICT (hash) DO UPDATE SET refs = refs + 1;
END;
CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
  UPDATE file_totals SET files = files - 1, bytes = bytes - old.bytes WHERE tenant = old.tenant;
  UPDATE blobs SET refs = refs - 1 WHERE hash = old.hash;
END;

CREATE TRIGGER part_added AFTER INSERT ON upload_parts BEGIN
  UPDATE uploads SET received = received + new.bytes WHERE seq = new.upload_seq;
  INSERT INTO blobs (hash, bytes, announced_at, refs) VALUES (new.hash, new.bytes, 0, 1)
    ON CONFLICT (hash) DO UPDATE SET refs = refs + 1;
END;
CREATE TRIGGER part_removed AFTER DELETE ON upload_parts BEGIN
  UPDATE blobs SET refs = refs - 1 WHERE hash = old.hash;
END;

CREATE TRIGGER store_file_added AFTER INSERT ON vector_store_files BEGIN
  UPDATE vector_stores SET in_progress = in_progress + 1 WHERE seq = new.store_seq;
  UPDATE file_batches SET in_progress = in_progress + 1 WHERE seq = new.batch_seq;
END;
CREATE TRIGGER store_file_changed AFTER UPDATE OF status, usage_bytes ON vector_store_files BEGIN
  UPDATE vector_stores SET
    usage_bytes = usage_bytes + new.usage_bytes - old.usage_bytes,
    in_progress = in_progress + (new.status = 'in_progress') - (old.status = 'in_progress'),
    completed = completed + (new.status = 'completed') - (old.status = 'completed'),
    failed = failed + (new.status = 'failed') - (old.status = 'failed'),
    cancelled = cancelled + (new.status = 'cancelled') - (old.status = 'cancelled')
  WHERE seq = new.store_seq;
  UPDATE file_batches SET
    in_progress = in_progress + (new.status = 'in_progress') - (old.status = 'in_progress'),
    completed = completed + (new.status = 'completed') - (old.status = 'completed'),
    failed = failed + (new.status = 'failed') - (old.status = 'failed'),
    cancelled = cancelled + (new.status = 'cancelled') - (old.status = 'cancelled')
  WHERE seq = new.batch_seq;
END;
CREATE TRIGGER store_file_removed AFTER DELETE ON vector_store_files BEGIN
  UPDATE vector_stores SET
    usage_bytes = usage_bytes - old.usage_bytes,
    in_progress = in_progress - (old.status = 'in_progress'),
    completed = completed - (old.status = 'completed'),
    failed = failed - (old.status = 'failed'),
    cancelled = cancelled - (old.status = 'cancelled')
  WHERE seq = old.store_seq;
  -- A batch goes on counting what has left the store: as it ended, or as cancelled when it had not.
  UPDATE file_batches SET in_progress = in_progress - 1, cancelled = cancelled + 1
  WHERE seq = old.batch_seq AND old.status = 'in_progress';
END;
`;
