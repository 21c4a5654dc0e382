export { differs, STATE_DIFFERS } from "./differs.ts";
export {
  applySteps,
  checkSteps,
  describeSteps,
  type Revert,
  type Step,
  type StepOptions,
  type StepTiming,
  undoSteps,
} from "./step.ts";
