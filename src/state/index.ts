export { differs, STATE_DIFFERS } from "./differs.ts";
export { hexDigest } from "./digest.ts";
export type { Completion, Garbage, Kind, Piece, Removable, Rollback } from "./kind.ts";
export { type StatePlugin, statePlugin, type Wanted } from "./plugin.ts";
export { afterRollback, runAll } from "./rollback.ts";
export type { ConfiguredScene, Scene } from "./scene.ts";
export { sleep } from "./sleep.ts";
export {
  afterCleanup,
  afterRevert,
  applySteps,
  checkSteps,
  describeSteps,
  doAll,
  orRevert,
  type Revert,
  type Step,
  type StepOptions,
  type StepTiming,
  stepOptions,
  undoSteps,
} from "./step.ts";
