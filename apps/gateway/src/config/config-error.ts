/** One mistake in the configuration. */
export interface Problem {
  /** Where the value came from: "gateway.yaml:7", "environment PORT", "flag --port"; empty when it is nowhere. */
  place: string;
  /** What is wrong, naming the key. Never quotes a secret. */
  message: string;
}

/** The configuration cannot be used. Carries every problem that was found, in the order of their places. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = problems.toSorted((a, b) => a.place.localeCompare(b.place, "en", { numeric: true }));
    super(renderProblems(sorted));
    this.problems = sorted;
  }
}

function renderProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map(({ place, message }) => `  ${place ? `${place}: ` : ""}${message}`);
  return `${count} in the configuration\n${lines.join("\n")}`;
}
