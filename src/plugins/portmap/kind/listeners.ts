import { listeningSockets } from "../../../kernel/sockets/index.ts";
import type { PortMapping } from "./mapping.ts";

/**
 * Whether a process of the host itself listens on the mapping's port: from outside it is not reached
 * any more when the mapping is there. Other protocols than TCP and UDP are not looked at.
 */
export function isListenedOn({ protocol, hostPort }: PortMapping): boolean {
  if (protocol !== "tcp" && protocol !== "udp") return false;
  return listeningSockets(protocol).some(({ port }) => port === hostPort);
}
