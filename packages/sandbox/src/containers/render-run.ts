import type { SandboxResult } from "@gateway/engine";

/** What happened beside the code's own output, in words for the model. */
export function renderNotes(
  { end, fresh, alive, lost }: SandboxResult,
  { used, seconds, unkept }: { used: boolean; seconds: number; unkept: readonly string[] },
): { before: string[]; after: string[] } {
  const before = used && fresh ? [startedAnew] : [];
  const after: string[] = [];
  if (end === "out_of_memory") after.push(`The code took more memory than it may. ${gone}`);
  else if (end === "crashed") after.push(`The interpreter broke down over this code. ${gone}`);
  else if (end === "timed_out" && !alive)
    after.push(`The code took longer than ${seconds} s and could not be interrupted. ${gone}`);
  else if (end === "timed_out") after.push(`The code took longer than ${seconds} s.`);
  else if (!alive) after.push(gone);
  const unplaced = lost.filter(({ why }) => why === "in_the_way").map(({ path }) => path);
  if (unplaced.length > 0)
    before.push(
      `Files of the container that are not in /mnt/data, since something else there has their name: ${unplaced.join(", ")}.`,
    );
  const missing = [
    ...lost.flatMap(({ path, why }) => (why === "in_the_way" ? [] : `${path} (${whyLost[why]})`)),
    ...unkept,
  ];
  if (missing.length > 0) after.push(`Files that were not kept: ${missing.join(", ")}.`);
  return { before, after };
}

const startedAnew =
  "The interpreter was started anew: what earlier calls defined and imported is gone. Files in /mnt/data are there.";
const gone = "It was ended: what was defined and imported is gone. Files that earlier calls wrote are there.";
const whyLost = {
  too_large: "too large",
  too_many: "too many files",
  unreadable: "cannot be read",
  bad_name: "a name that cannot be kept",
};
