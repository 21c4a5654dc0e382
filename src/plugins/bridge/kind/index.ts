export { type BridgeGateway, BridgeGatewayStep } from "./gateway.ts";
export { type BridgeLink, BridgeStep, hasPorts } from "./link.ts";
export { lockBridges } from "./lock.ts";
export { type BridgePort, BridgePortStep, PortForwardingStep } from "./port.ts";
export { UnusedBridgeStep } from "./unused.ts";
export { type PortVlans, PortVlansStep } from "./vlan.ts";
export { gatewayName, type VlanGateway, VlanGatewayStep } from "./vlan-gateway.ts";
