export { type InterfaceConfig, InterfaceStep } from "./step.ts";
