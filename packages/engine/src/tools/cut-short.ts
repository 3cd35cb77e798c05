/** True for the status of a call that has run here and that was left before its end. */
export function isCutShort(status: string | null | undefined): boolean {
  return status === "incomplete" || status === "in_progress" || status === "searching";
}

/** What a model is told of such a search. */
export const searchCutShort = "The search was not run to its end.";
