import { type TopicReport, withUnit } from "./topic-report.ts";

/** One topic as Markdown: what was measured, and beside each goal what was reached. */
export function renderMarkdown({ title, note, columns, rows, goals }: TopicReport): string {
  const parts = [`## ${title}`, note];
  if (rows.length > 0) parts.push(renderTable(columns, rows));
  if (goals.length > 0) {
    const verdicts = goals.map((goal) => [
      goal.what,
      goal.wanted,
      withUnit(goal.reached, goal.unit),
      goal.met === undefined ? "-" : goal.met ? "yes" : "**no**",
    ]);
    parts.push(renderTable(["goal", "wanted", "reached", "met"], verdicts));
  }
  return `${parts.join("\n\n")}\n`;
}

/** A Markdown table, its columns padded so that it reads in a terminal, too; numbers stand on the right. */
export function renderTable(columns: string[], rows: (string | undefined)[][]): string {
  const cells = rows.map((row) => columns.map((_, i) => row[i] ?? "-"));
  const widths = columns.map((name, i) =>
    Math.max(3, name.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const onRight = columns.map((_, i) =>
    cells.every((row) => /^(-|\*{0,2}[\d.,+-]+( .{1,6})?\*{0,2})$/.test(row[i] ?? "")),
  );
  const line = (row: string[]): string =>
    `| ${row.map((cell, i) => (onRight[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, i) => (onRight[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(columns), line(rule), ...cells.map(line)].join("\n");
}
