export { collectPorts, removal } from "./gc.ts";
export { LocalnetStep } from "./localnet.ts";
export { type PortMapping, PROTOCOLS, type Protocol, type Target, targetsOf } from "./mapping.ts";
export { firstOfEachFamily, type PortSettings, type Ports, PortsStep } from "./step.ts";
