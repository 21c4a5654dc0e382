export { ForwardingStep } from "./step.ts";
