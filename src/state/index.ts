export { differs, STATE_DIFFERS } from "./differs.ts";
export {
  applySteps,
  checkSteps,
  describeSteps,
  doAll,
  type Revert,
  type Step,
  type StepOptions,
  type StepTiming,
  stepOptions,
  undoSteps,
} from "./step.ts";
