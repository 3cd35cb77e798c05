import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { checkSettings } from "./check-settings.ts";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { checkExposure } from "./exposure.ts";
import {
  addDefaultBackend,
  addOpenAiKey,
  environmentWarnings,
  readEnvironment,
  setListenPart,
} from "./from-environment.ts";
import { refuseUnavailable, withoutEffectWarnings } from "./not-available.ts";
import { readConfigFile } from "./read-config-file.ts";
import { Settings } from "./settings.ts";
import { expandShortForms } from "./short-forms.ts";
import type { Environment } from "./substitute.ts";
import { unsetEmpty } from "./unset-empty.ts";

/** Files that are read from the working directory when none is named; the first one that exists. */
export const defaultFiles = ["gateway.yaml", "config.yaml"];

/** The flags that change the configuration. */
export interface ConfigFlags {
  /** The file, relative to the working directory. */
  config?: string | undefined;
  /** "host:port" of the HTTP listener. */
  "http-listen"?: string | undefined;
  /** "host:port" of the ExtProc listener. */
  "extproc-listen"?: string | undefined;
  /** Port of the ExtProc listener; the host stays what file and environment say. */
  port?: string | undefined;
  "log-level"?: string | undefined;
}

/** What {@link loadConfig} looks at. */
export interface ConfigSources {
  flags?: ConfigFlags;
  env: Environment;
  /** The working directory: where default files are looked for and relative paths begin. */
  cwd: string;
}

/** A configuration that may be used as it is. */
export interface LoadedConfig {
  config: Config;
  /** The file that was read, as messages call it; undefined when there was none. */
  file: string | undefined;
  /** Where each value that is not a default came from, by key: `{ "log.level": "flag --log-level" }`. */
  sources: Record<string, string>;
  /** What is accepted but probably not meant, a sentence each. */
  warnings: string[];
}

/**
 * Reads the configuration: flags before environment before file before defaults.
 * @throws ConfigError with everything that is wrong, a listener open to the network included
 */
export function loadConfig({ flags = {}, env, cwd }: ConfigSources): LoadedConfig {
  const settings = new Settings();
  const file = findFile(flags, env, cwd);
  const problems = file ? readConfigFile(resolve(cwd, file), file, settings, env) : [];

  const unread = new Set(problems.map(({ place }) => place));
  unsetEmpty(settings.root);
  problems.push(...expandShortForms(settings));
  readEnvironment(settings, env);
  readFlags(settings, flags);
  addDefaultBackend(settings, env);
  addOpenAiKey(settings, env);
  problems.push(...refuseUnavailable(settings));

  const checked = checkSettings(settings, unread);
  problems.push(...checked.problems);
  if (!checked.config) throw new ConfigError(problems);
  const { config } = checked;
  problems.push(...checkExposure(config, (key) => settings.placeOf(key.split("."))));
  if (problems.length > 0) throw new ConfigError(problems);

  if (config.store.path !== ":memory:") config.store.path = resolve(cwd, config.store.path);
  const { files } = config.store;
  if (files.dir !== undefined) files.dir = resolve(cwd, files.dir);
  return {
    config,
    file,
    sources: settings.places(),
    warnings: [...withoutEffectWarnings(settings), ...environmentWarnings(env)],
  };
}

function findFile(flags: ConfigFlags, env: Environment, cwd: string): string | undefined {
  const named = flags.config ?? (env.GATEWAY_CONFIG || undefined);
  if (named === undefined) return defaultFiles.find((name) => existsSync(resolve(cwd, name)));
  const path = relative(cwd, resolve(cwd, named));
  // A long way up and down again is harder to read than the path as it was given.
  return path.startsWith("..") || path === "" ? named : path;
}

function readFlags(settings: Settings, flags: ConfigFlags): void {
  const place = (name: keyof ConfigFlags) => `flag --${name}`;
  if (flags["http-listen"] !== undefined)
    settings.set(["http", "listen"], flags["http-listen"], place("http-listen"));
  if (flags["extproc-listen"] !== undefined)
    settings.set(["extproc", "listen"], flags["extproc-listen"], place("extproc-listen"));
  if (flags.port !== undefined)
    setListenPart(settings, ["extproc", "listen"], { port: flags.port }, place("port"));
  if (flags["log-level"] !== undefined)
    settings.set(["log", "level"], flags["log-level"], place("log-level"));
}
