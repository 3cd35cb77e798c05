/**
 * The log of the events of responses, and responses that wait in a queue among the unfinished ones. What the tables
 * are for is written in `schema.ts`.
 */
export const responseEvents = `
CREATE TABLE response_events (
  seq INTEGER PRIMARY KEY,
  response_seq INTEGER NOT NULL,
  first INTEGER NOT NULL,
  events TEXT NOT NULL
);
CREATE INDEX response_events_in_order ON response_events (response_seq, first);

CREATE TABLE deleted_event_logs (
  response_seq INTEGER PRIMARY KEY
);

DROP INDEX responses_unfinished;
CREATE INDEX responses_unfinished ON responses (seq) WHERE status IN ('queued', 'in_progress');
`;
