export { ConfinedProcess, type Confinement } from "./confined-process.ts";
export { findProgram, type Program, packagesAbove } from "./find-program.ts";
