/** The kind of the jobs that are queued with a response; their subject is its id. */
export const respondJobKind = "respond";
