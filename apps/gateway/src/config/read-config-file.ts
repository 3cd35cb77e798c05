import { readFileSync } from "node:fs";
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { ConfigError, type Problem } from "./config-error.ts";
import { isSection, type Path, type Settings } from "./settings.ts";
import { type Environment, substitute } from "./substitute.ts";

/** Deeper than any configuration; ends the walk where an anchor contains itself. */
const maxDepth = 20;

/**
 * Reads a YAML (1.2) file into `settings`, with `${NAME}` replaced and the line of every value noted. JSON is
 * YAML too. Returns the problems that do not stand in the way of looking on, such as a variable that is not set.
 *
 * @param path where the file is
 * @param name how messages call it
 * @throws ConfigError when it cannot be read or is not YAML of keys and values
 */
export function readConfigFile(path: string, name: string, settings: Settings, env: Environment): Problem[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError([{ place: name, message: unreadable(error as NodeJS.ErrnoException) }]);
  }

  const lines = new LineCounter();
  const placeAt = (offset: number | undefined) =>
    `${name}:${offset === undefined ? 1 : lines.linePos(offset).line}`;
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [mistake] = [...document.errors, ...document.warnings];
  // What follows the first mistake is mostly its echo.
  if (mistake) throw new ConfigError([{ place: placeAt(mistake.pos[0]), message: notYaml(mistake) }]);

  const problems: Problem[] = [];
  visit(document, {
    Scalar(key, node) {
      if (key === "key" || typeof node.value !== "string") return;
      const place = placeAt(node.range?.[0]);
      node.value = substitute(node.value, env, (message) => problems.push({ place, message }));
    },
  });

  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new ConfigError([...problems, { place: name, message: (error as Error).message }]);
  }
  if (!isSection(value)) {
    const message = "the file must hold keys and values, such as log: { level: debug }";
    throw new ConfigError([{ place: placeAt(0), message }]);
  }

  const walk = (node: Node | null, path: Path, place: string): void => {
    if (path.length > maxDepth) throw new ConfigError([{ place, message: "sections are nested too deeply" }]);
    if (isAlias(node)) walk(node.resolve(document) ?? null, path, place);
    else if (isMap(node)) {
      for (const { key, value } of node.items) {
        const step = String(isScalar(key) ? key.value : key);
        const at = placeAt((key as Node).range?.[0]);
        settings.mark([...path, step], at);
        walk(value as Node | null, [...path, step], at);
      }
    } else if (isSeq(node)) {
      for (const [i, item] of node.items.entries()) {
        const at = placeAt((item as Node).range?.[0]);
        settings.mark([...path, i], at);
        walk(item as Node, [...path, i], at);
      }
    }
  };
  for (const [key, section] of Object.entries(value)) settings.set([key], section, name);
  walk(document.contents, [], name);
  return problems;
}

function notYaml({ code, message }: YAMLError): string {
  if (code === "DUPLICATE_KEY") return "the key is here a second time; keep one of them";
  if (code === "MULTIPLE_DOCS") return 'a second document begins here; remove the "---"';
  // The parser quotes what it found, which may be a secret.
  const what = message.replace(/: .*$/s, "").replace(/^./, (letter) => letter.toLowerCase());
  return `not valid YAML: ${what}; a value with a sign such as { } [ ] : # needs quotes around it`;
}

function unreadable({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "the file may not be read by this user";
  if (code === "EISDIR") return "this is a directory, not a file";
  return `the file cannot be read: ${message}`;
}
