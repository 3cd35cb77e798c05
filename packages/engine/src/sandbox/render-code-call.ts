import type { CodeInterpreterCallItem } from "@gateway/protocol";
import { fileLink } from "./file-links.ts";

/** Characters of output that a model is shown of one run; its context is short. */
const maxShownChars = 12_000;

/** Code that was run as a model is shown it: the call, and what came of it. */
export function renderCodeCall(item: CodeInterpreterCallItem): { args: string; output: string } {
  return { args: JSON.stringify({ code: item.code ?? "" }), output: renderOutput(item) };
}

function renderOutput({ outputs, files, status }: CodeInterpreterCallItem): string {
  const logs = (outputs ?? []).flatMap(({ type, logs: text }) =>
    type === "logs" && text != null ? [text] : [],
  );
  const written = (files ?? []).map(({ path }) => fileLink(path));
  const images = (outputs ?? []).filter(({ type }) => type === "image").length;
  const parts = [
    shorten(logs.join("\n").trimEnd()),
    written.length > 0 ? `Files written: ${written.join(", ")}. ${howToLink}` : "",
    images > 0 ? "The user can see the pictures among them." : "",
  ].filter((part) => part !== "");
  if (parts.length > 0) return parts.join("\n\n");
  if (outputs === null && status === "completed") return "The code was run. What it printed is not known.";
  return status === "completed"
    ? "The code was run and printed nothing."
    : "The code was not run to its end.";
}

const howToLink =
  "To give the user one, write a Markdown link to it, such as [Download](sandbox:/mnt/data/name.csv).";

function shorten(text: string): string {
  if (text.length <= maxShownChars) return text;
  const end = Math.floor(maxShownChars / 4);
  const start = maxShownChars - end;
  return `${text.slice(0, start)}\n[… ${text.length - maxShownChars} characters left out …]\n${text.slice(-end)}`.toWellFormed();
}
