import type { Problem } from "./config-error.ts";
import { isSection, type Path, renderPath, type Settings } from "./settings.ts";

/**
 * Rewrites the short forms into the keys they stand for; their places move along. A short form beside the
 * key it stands for is a problem, as nobody could say which of the two counts.
 *
 * - `listen: A` is `http.listen`
 * - `extproc.port: N` is `extproc.listen: 127.0.0.1:N`
 * - `engine.model_endpoint: URL` is one backend, named `default`
 * - a list `backends: [{ url, weight }]` is a mapping with the names `backend-1`, `backend-2` …
 * - `health_check` is `health`
 */
export function expandShortForms(settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const move = (from: Path, to: Path, toValue: (value: unknown) => unknown = (value) => value) => {
    const value = settings.get(from);
    if (value === undefined) return;
    const place = settings.placeOf(from);
    settings.remove(from);
    if (settings.get(to) !== undefined) {
      const message = `${renderPath(from)} is a short form of ${renderPath(to)}, which is set too (${settings.placeOf(to)}); keep one of them`;
      problems.push({ place, message });
      return;
    }
    settings.set(to, toValue(value), place);
    if (isSection(value))
      for (const key of Object.keys(value)) settings.mark([...to, key], settings.placeOf([...from, key]));
  };

  move(["listen"], ["http", "listen"]);
  move(["extproc", "port"], ["extproc", "listen"], (port) =>
    typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port)) ? `127.0.0.1:${port}` : port,
  );
  move(["health_check"], ["health"]);

  const list = settings.get(["backends"]);
  if (Array.isArray(list)) {
    const place = settings.placeOf(["backends"]);
    const places = list.map((item, i) => ({
      own: settings.placeOf(["backends", i]),
      keys: isSection(item)
        ? Object.keys(item).map((key) => [key, settings.placeOf(["backends", i, key])] as const)
        : [],
    }));
    settings.set(["backends"], {}, place);
    for (const [i, item] of list.entries()) {
      const path = ["backends", `backend-${i + 1}`];
      settings.set(path, item, places[i]?.own ?? place);
      for (const [key, at] of places[i]?.keys ?? []) settings.mark([...path, key], at);
    }
  }

  move(["engine", "model_endpoint"], ["backends", "default", "url"]);
  const engine = settings.get(["engine"]);
  if (isSection(engine) && Object.keys(engine).length === 0) settings.remove(["engine"]);
  return problems;
}
