import { defined, type Env } from "../../base/index.ts";
import {
  AF_UNIX,
  activatedSockets,
  MSG_NOSIGNAL,
  SOCK_DGRAM,
  send,
  socket,
  unixAddress,
} from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";

/** Descriptors of the sockets that systemd hands over, by their purpose. */
export interface ActivatedSockets {
  readonly calls?: number;
  readonly dhcp?: number;
}

/** Socket activation: a socket named "dhcp" is for DHCP leases, one with another name for calls. */
export function socketsFromSystemd(env: Env, pid: number): ActivatedSockets {
  const sockets = activatedSockets(env, pid);
  const dhcp = sockets.find(({ name }) => name === "dhcp" || name.startsWith("hawser-dhcp"));
  const [calls, ...more] = sockets.filter((each) => each !== dhcp);
  if (more.length > 0) {
    const names = more.map(({ name }) => JSON.stringify(name)).join(", ");
    const msg = `socket activation hands over more than is known: ${names}`;
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg);
  }
  return defined({ calls: calls?.fd, dhcp: dhcp?.fd });
}

/** Reports the daemon's state to systemd (sd_notify(3)), where NOTIFY_SOCKET is set. */
export function notify(env: Env, state: string): void {
  const path = env["NOTIFY_SOCKET"] ?? "";
  if (path === "") return;
  try {
    using fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    send(fd, new TextEncoder().encode(state), MSG_NOSIGNAL, unixAddress(path));
  } catch {
    // Without the report systemd waits until its own timeout.
  }
}
