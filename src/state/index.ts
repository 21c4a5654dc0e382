export { differs, STATE_DIFFERS } from "./differs.ts";
export { hexDigest } from "./digest.ts";
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
