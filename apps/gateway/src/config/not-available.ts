import type { Problem } from "./config-error.ts";
import { isSection, type Path, renderPath, type Settings } from "./settings.ts";

/** Keys that belong to the configuration but whose function this version does not have; `*` is any name. */
export const refusedKeys: readonly Path[] = [
  ["routing"],
  ["cache"],
  ["limits"],
  ["usage"],
  ["usage_hook"],
  ["telemetry", "otlp"],
  ["telemetry", "headers"],
  ["backends", "*", "api"],
  ["models", "*", "balance"],
  ["models", "*", "fallback"],
];

/** Keys that are accepted since a file written for a later version stays right without them. */
const withoutEffect: readonly Path[] = [
  ["health"],
  ["backends", "*", "weight"],
  ["backends", "*", "envoy"],
  ["models", "*", "price"],
];

/** Refuses what is not built, and removes it, so that it is reported once. Never ignores it silently. */
export function refuseUnavailable(settings: Settings): Problem[] {
  return refusedKeys.flatMap((pattern) =>
    present(settings, pattern).map((path) => {
      const place = settings.placeOf(path);
      settings.remove(path);
      return { place, message: `${renderPath(path)} is not available in this version; remove it` };
    }),
  );
}

/** One sentence for each key that is set but does nothing yet. */
export function withoutEffectWarnings(settings: Settings): string[] {
  return withoutEffect.flatMap((pattern) =>
    present(settings, pattern).map(
      (path) => `${renderPath(path)} has no effect in this version (${settings.placeOf(path)})`,
    ),
  );
}

/** The paths that match a pattern and hold a value. */
function present(settings: Settings, pattern: Path): Path[] {
  let paths: Path[] = [[]];
  for (const step of pattern) {
    paths = paths.flatMap((path) => {
      const section = settings.get(path);
      if (!isSection(section)) return [];
      if (step === "*") return Object.keys(section).map((key) => [...path, key]);
      return Object.hasOwn(section, step) ? [[...path, step]] : [];
    });
  }
  return paths;
}
