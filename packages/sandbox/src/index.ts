export type { ContainerSettings } from "./containers/container-settings.ts";
export type { ContainerContent, Containers } from "./containers/containers.ts";
export { type ContainersDeps, openContainers } from "./containers/open-containers.ts";
export { openPythonSandbox, type PythonSandbox, type PythonSandboxOptions } from "./python-sandbox.ts";
