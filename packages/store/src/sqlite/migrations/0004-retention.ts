/**
 * What is over is found without a search: responses that have ended, by age, and conversations by their last activity.
 * Conversations of former versions count as active at the upgrade, since nothing says when they last were.
 */
export const retention = `
CREATE INDEX responses_ended ON responses (created_at) WHERE status NOT IN ('queued', 'in_progress', 'deleted');

ALTER TABLE conversations ADD COLUMN last_active_at INTEGER NOT NULL DEFAULT 0;
UPDATE conversations SET last_active_at = max(created_at, unixepoch());
CREATE INDEX conversations_by_activity ON conversations (last_active_at);
`;
