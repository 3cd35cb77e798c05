import type { PromptStore } from "@gateway/engine";
import { type PromptObject, pageOf } from "@gateway/protocol";

/** Prompts in memory, for tests. */
export function memoryPrompts(): PromptStore {
  const prompts = new Map<string, { versions: PromptObject[]; standard: string }>();
  const find = (tenant: string, id: string) => prompts.get(`${tenant}/${id}`);
  const show = (version: PromptObject | undefined, standard: string) =>
    version && { ...version, default_version: standard };
  return {
    async create(tenant, id, content, now) {
      const prompt: PromptObject = {
        id,
        object: "prompt",
        ...content,
        version: "1",
        default_version: "1",
        created_at: now,
      };
      prompts.set(`${tenant}/${id}`, { versions: [prompt], standard: "1" });
      return prompt;
    },
    async get(tenant, id, version) {
      const prompt = find(tenant, id);
      if (!prompt) return undefined;
      const wanted = version ?? prompt.standard;
      return show(
        prompt.versions.find((one) => one.version === wanted),
        prompt.standard,
      );
    },
    async list(tenant, query) {
      const own = [...prompts].filter(([key]) => key.startsWith(`${tenant}/`));
      return pageOf(
        own.flatMap(([, { versions, standard }]) => show(versions.at(-1), standard) ?? []),
        query,
      );
    },
    async versions(tenant, id, query) {
      const prompt = find(tenant, id);
      const byVersion = prompt?.versions.map((one) => ({ id: one.version, one }));
      const page = byVersion && pageOf(byVersion, query);
      return page && { ...page, data: page.data.map(({ one }) => one) };
    },
    async addVersion(tenant, id, { content, replaces, makeDefault, now }) {
      const prompt = find(tenant, id);
      if (!prompt) return undefined;
      if (prompt.versions.at(-1)?.version !== replaces) return "stale";
      const version = String(Number(replaces) + 1);
      if (makeDefault) prompt.standard = version;
      const added = { id, object: "prompt" as const, ...content, version, created_at: now };
      prompt.versions.push({ ...added, default_version: prompt.standard });
      return { ...added, default_version: prompt.standard };
    },
    async setDefault(tenant, id, version) {
      const prompt = find(tenant, id);
      const found = prompt?.versions.find((one) => one.version === version);
      if (!prompt || !found) return undefined;
      prompt.standard = version;
      return show(found, version);
    },
    delete: async (tenant, id) => prompts.delete(`${tenant}/${id}`),
  };
}
