import { checkWebSearch } from "./check-web-search.ts";
import type { Problem } from "./config-error.ts";
import { isSection, type Path, renderPath, type Settings } from "./settings.ts";
import { suggest } from "./suggest.ts";

/**
 * What one key says about another: names that must exist, ids that must differ, settings that exclude or bound each
 * other. Values of a wrong kind are passed over, as the schema reports them.
 */
export function checkRelations(settings: Settings): Problem[] {
  return [
    ...checkBackendNames(settings),
    ...checkKeys(settings),
    ...checkFilePlace(settings),
    ...checkChunks(settings),
    ...checkWebSearch(settings),
  ];
}

/** The backend that is looked for, and so needs no entry. */
const implicitBackend = "ollama";

function checkBackendNames(settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const check = (path: Path, known: readonly string[]) => {
    const backend = settings.get(path);
    if (typeof backend !== "string" || known.includes(backend)) return;
    const meant = suggest(backend, known);
    const hint = meant
      ? `did you mean "${meant}"?`
      : known.length > 0
        ? `known are ${known.join(", ")}`
        : "there are none";
    const message = `${renderPath(path)}: no backend is named "${backend}"; ${hint}`;
    problems.push({ place: settings.placeOf(path), message });
  };

  const backends = namesIn(settings, ["backends"]);
  for (const model of namesIn(settings, ["models"])) {
    for (const i of listAt(settings, ["models", model, "backends"]).keys())
      check(["models", model, "backends", i], backends);
  }
  check(["embeddings", "backend"], [...new Set([...backends, implicitBackend])]);
  check(["tools", "image_generation", "backend"], backends.length === 0 ? [implicitBackend] : backends);
  return problems;
}

function checkKeys(settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const keys = listAt(settings, ["auth", "keys"]);
  for (const field of ["id", "hash"] as const) {
    const seen = new Set<string>();
    for (const [i, key] of keys.entries()) {
      const value = isSection(key) && typeof key[field] === "string" ? key[field].toLowerCase() : undefined;
      if (value === undefined) continue;
      const path = ["auth", "keys", i, field];
      if (seen.has(value))
        problems.push({
          place: settings.placeOf(path),
          message: `${renderPath(path)}: another key has the same ${field}`,
        });
      seen.add(value);
    }
  }
  if (keys.length > 0 && String(settings.get(["auth", "open"])) === "true") {
    const path = ["auth", "open"];
    problems.push({
      place: settings.placeOf(path),
      message: "auth.open and auth.keys exclude each other; remove one of them",
    });
  }
  return problems;
}

function checkFilePlace(settings: Settings): Problem[] {
  const [dir, s3] = [["store", "files", "dir"] as const, ["store", "files", "s3"] as const];
  if (settings.get(dir) === undefined || settings.get(s3) === undefined) return [];
  const message = "store.files.dir and store.files.s3 exclude each other; remove one of them";
  return [{ place: settings.placeOf(s3), message }];
}

/** The lengths that apply where the configuration says nothing, as the schema has them. */
const usualChunks = { chunk_tokens: 800, overlap: 400 };

function checkChunks(settings: Settings): Problem[] {
  const path = (key: keyof typeof usualChunks) => ["tools", "file_search", key] as const;
  const read = (key: keyof typeof usualChunks) => Number(settings.get(path(key)) ?? usualChunks[key]);
  const [size, overlap] = [read("chunk_tokens"), read("overlap")];
  if (!(overlap * 2 > size)) return [];
  const set = settings.get(path("overlap")) === undefined ? path("chunk_tokens") : path("overlap");
  const message = `tools.file_search.overlap: ${overlap} is more than half of chunk_tokens, which is ${size}; set it to ${Math.floor(size / 2)} or less`;
  return [{ place: settings.placeOf(set), message }];
}

function namesIn(settings: Settings, path: Path): string[] {
  const value = settings.get(path);
  return isSection(value) ? Object.keys(value) : [];
}

function listAt(settings: Settings, path: Path): unknown[] {
  const value = settings.get(path);
  return Array.isArray(value) ? value : [];
}
