export { gatewayAddresses } from "./gateway.ts";
export { type BridgeLink, bridgeLink } from "./link.ts";
export { lockBridges } from "./lock.ts";
export { sourceCheck } from "./macspoof/index.ts";
export { bridgePort } from "./port.ts";
export { bridgePortReady } from "./port-ready.ts";
export { unusedBridge } from "./unused.ts";
export { portVlans } from "./vlan.ts";
export { type VlanGateway, vlanGateway } from "./vlan-gateway.ts";
