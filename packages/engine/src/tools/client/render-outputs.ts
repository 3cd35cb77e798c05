import type { Item, Tool } from "@gateway/protocol";

type ShellOutput = Extract<Item, { type: "shell_call_output" }>["output"];

/** What a shell has answered, as text: for each command how it ended and what it wrote. */
export function renderShellOutput(outputs: ShellOutput): string {
  if (outputs.length === 0) return "There was no output.";
  return outputs
    .map(({ stdout, stderr, outcome }) => {
      const lines = [outcome.type === "exit" ? `Exit code: ${outcome.exit_code}` : "The command timed out."];
      if (stdout !== "") lines.push(`stdout:\n${stdout}`);
      if (stderr !== "") lines.push(`stderr:\n${stderr}`);
      return lines.join("\n");
    })
    .join("\n\n");
}

/** What a search for tools has found, as text: the names under which they can be called from now on. */
export function renderToolSearch(
  tools: readonly Tool[],
  nameOf: (type: string, name?: string, namespace?: string) => string,
): string {
  const lines = tools.flatMap((tool) => {
    if (tool.type === "namespace") {
      return tool.tools.map(({ type, name, description }) =>
        toLine(nameOf(type, name, tool.name), description),
      );
    }
    const { name, description } = tool as { name?: string; description?: string | null };
    return [toLine(nameOf(tool.type, name), description)];
  });
  return lines.length === 0
    ? "No tools were found."
    : `These tools can be called from now on:\n${lines.join("\n")}`;
}

function toLine(name: string, description: string | null | undefined): string {
  const [first] = (description ?? "").split("\n");
  return first ? `- ${name}: ${first}` : `- ${name}`;
}
