export { type BridgeGateway, BridgeGatewayStep } from "./gateway.ts";
export { type BridgeLink, BridgeStep } from "./link.ts";
export { type BridgePort, BridgePortStep, PortForwardingStep } from "./port.ts";
