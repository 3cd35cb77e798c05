/** The first schema. What the tables are for is written in `schema.ts`. */
export const responsesAndConversations = `
CREATE TABLE responses (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  previous_id TEXT,
  conversation_id TEXT,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  response TEXT,
  input TEXT
);
CREATE UNIQUE INDEX responses_by_id ON responses (tenant, id);
CREATE INDEX responses_unfinished ON responses (status) WHERE status = 'in_progress';

CREATE TABLE foreign_items (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  item_id TEXT NOT NULL,
  response_seq INTEGER NOT NULL REFERENCES responses (seq)
);
CREATE UNIQUE INDEX foreign_items_of_response ON foreign_items (response_seq, item_id);
CREATE INDEX foreign_items_by_id ON foreign_items (tenant, item_id);

CREATE TABLE conversations (
  seq INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  metadata TEXT NOT NULL
);
CREATE UNIQUE INDEX conversations_by_id ON conversations (tenant, id);

CREATE TABLE conversation_items (
  position INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  conversation_seq INTEGER NOT NULL REFERENCES conversations (seq) ON DELETE CASCADE,
  item_id TEXT NOT NULL,
  item TEXT NOT NULL
);
CREATE UNIQUE INDEX conversation_items_by_id ON conversation_items (tenant, item_id, conversation_seq);
CREATE INDEX conversation_items_in_order ON conversation_items (conversation_seq);
`;
