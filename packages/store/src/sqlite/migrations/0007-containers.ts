/**
 * Containers of the code interpreter and their files. What is in the files is referred to like that of all others: by
 * triggers, so that it is counted right on whichever way a row comes, changes or goes.
 */
export const containers = `
CREATE TABLE containers (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,
  expires_after INTEGER NOT NULL,
  memory_limit TEXT NOT NULL,
  used INTEGER NOT NULL
);
CREATE UNIQUE INDEX containers_by_id ON containers (tenant, id);
CREATE INDEX containers_in_order ON containers (tenant);
CREATE INDEX containers_by_name ON containers (tenant, name);
CREATE INDEX containers_by_activity ON containers (last_active_at);

CREATE TABLE container_files (
  seq INTEGER PRIMARY KEY,
  container_seq INTEGER NOT NULL REFERENCES containers (seq) ON DELETE CASCADE,
  id TEXT NOT NULL,
  path TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  source TEXT NOT NULL,
  hash TEXT NOT NULL
);
CREATE UNIQUE INDEX container_files_by_path ON container_files (container_seq, path);
CREATE UNIQUE INDEX container_files_by_id ON container_files (container_seq, id);
CREATE INDEX container_files_in_order ON container_files (container_seq);

CREATE TRIGGER container_file_added AFTER INSERT ON container_files BEGIN
  INSERT INTO blobs (hash, bytes, announced_at, refs) VALUES (new.hash, new.bytes, 0, 1)
    ON CONFLICT (hash) DO UPDATE SET refs = refs + 1;
END;
CREATE TRIGGER container_file_changed AFTER UPDATE OF hash ON container_files BEGIN
  INSERT INTO blobs (hash, bytes, announced_at, refs) VALUES (new.hash, new.bytes, 0, 1)
    ON CONFLICT (hash) DO UPDATE SET refs = refs + 1;
  UPDATE blobs SET refs = refs - 1 WHERE hash = old.hash;
END;
CREATE TRIGGER container_file_removed AFTER DELETE ON container_files BEGIN
  UPDATE blobs SET refs = refs - 1 WHERE hash = old.hash;
END;
`;
