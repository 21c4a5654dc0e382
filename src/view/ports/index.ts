/** Which ports of the host lead to which containers, and what else has them. */
export { type Listener, type ListeningProcess, listenersOn } from "./listeners.ts";
export {
  type HostPort,
  type PortFacts,
  type PortSource,
  type PortState,
  type PortUser,
  portsOf,
} from "./ports.ts";
export { portFacts } from "./users.ts";
