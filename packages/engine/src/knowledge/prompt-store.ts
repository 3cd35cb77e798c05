import type { Page, PageQuery, PromptObject } from "@gateway/protocol";

/** What a version of a prompt is made of. */
export type PromptContent = Pick<PromptObject, "name" | "prompt" | "variables">;

/** Keeps prompts and all their versions. Scoped to a tenant like responses. */
export interface PromptStore {
  /** Version "1", which is the default. */
  create(tenant: string, id: string, content: PromptContent, now: number): Promise<PromptObject>;
  /** A version, the default one where none is named. */
  get(tenant: string, id: string, version?: string): Promise<PromptObject | undefined>;
  /** The latest version of each prompt, by time of creation of the prompt. Undefined when there is none `after`. */
  list(tenant: string, query: PageQuery): Promise<Page<PromptObject> | undefined>;
  /** All versions, by number. Undefined when there is no such prompt; `after` is a version. */
  versions(tenant: string, id: string, query: PageQuery): Promise<Page<PromptObject> | undefined>;
  /**
   * Adds the version after `replaces`, which must be the latest; `stale` where it is not. With `makeDefault` it becomes
   * the default. Undefined when there is no such prompt.
   */
  addVersion(
    tenant: string,
    id: string,
    change: { content: PromptContent; replaces: string; makeDefault: boolean; now: number },
  ): Promise<PromptObject | "stale" | undefined>;
  /** Gives the version that is the default now. Undefined when there is no such prompt or version. */
  setDefault(tenant: string, id: string, version: string): Promise<PromptObject | undefined>;
  delete(tenant: string, id: string): Promise<boolean>;
}
