import type { Problem } from "./config-error.ts";
import { isSection, renderPath, type Settings } from "./settings.ts";

const section = ["tools", "web_search"] as const;

/** What only an engine without a name of its own needs. */
const httpKeys = ["method", "headers", "body", "paths"] as const;

/** What the search engine's other settings must be for its provider. */
export function checkWebSearch(settings: Settings): Problem[] {
  const value = settings.get(section);
  if (!isSection(value)) return [];
  const { provider, url, key, paths, body } = value;
  const problem = (key: string, message: string): Problem => ({
    place: settings.placeOf(key in value ? [...section, key] : section),
    message: `${renderPath([...section, key])}: ${message}`,
  });
  if (provider !== "http") {
    const foreign = httpKeys.filter((name) => value[name] !== undefined);
    const problems = foreign.map((name) => problem(name, "is for the provider http; remove it"));
    if (provider === "searxng" && url === undefined)
      problems.push(problem("url", "the provider searxng needs the server's address; set it"));
    if ((provider === "brave" || provider === "tavily") && key === undefined)
      problems.push(problem("key", `the provider ${provider} needs the key of its API; set it`));
    return problems;
  }
  const problems: Problem[] = [];
  if (url === undefined)
    problems.push(problem("url", "the provider http needs the address of its API; set it"));
  if (paths === undefined)
    problems.push(problem("paths", "the provider http needs to know where the results are; set it"));
  if (!`${String(url)}${String(body ?? "")}`.includes("{query}"))
    problems.push(problem("url", "{query} stands neither in it nor in body; put it where the query belongs"));
  if (value.method === "GET" && body !== undefined)
    problems.push(problem("body", "is sent with the method POST; change one of them"));
  return problems;
}
