/** A journal in front of the event logs. What it is for is written in `schema.ts`. */
export const eventJournal = `
CREATE TABLE event_journal (
  seq INTEGER PRIMARY KEY,
  entries TEXT NOT NULL
);
`;
