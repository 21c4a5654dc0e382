export { collectPorts, removal } from "./gc.ts";
export { LocalnetStep } from "./localnet.ts";
export {
  conflictOf,
  mappedAddresses,
  type PortMapping,
  PROTOCOLS,
  type Protocol,
} from "./mapping.ts";
export { type PortSettings, type Ports, PortsStep } from "./step.ts";
export { checkTools } from "./tools.ts";
