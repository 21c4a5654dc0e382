export {
  type Firewall,
  type FirewallBackend,
  type FirewallSettings,
  INGRESS_POLICIES,
  type IngressPolicy,
} from "./firewall.ts";
export { collectFirewall, removal } from "./gc.ts";
export { FirewallStep } from "./step.ts";
export { isFirewalldRunning, requireFirewalld } from "./zone.ts";
