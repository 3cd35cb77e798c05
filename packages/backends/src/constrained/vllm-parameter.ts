import type { Release } from "../server/from-version.ts";

/**
 * The field in which a release of vLLM takes a grammar; undefined for one that is not to be asked. `structured_outputs` came
 * with 0.11 and `guided_grammar` went with 0.12 (vLLM, "Structured Outputs"); each ignores the field that it does not know.
 * Before 0.8 it depended on its settings whether a grammar was kept to at all, and in which notation it had to be. One
 * that does not tell its release is taken for a new one.
 */
export function vllmParameter(
  release: Release | undefined,
): "structured_outputs" | "guided_grammar" | undefined {
  if (release === undefined || release.major > 0 || release.minor >= 11) return "structured_outputs";
  return release.minor >= 8 ? "guided_grammar" : undefined;
}
