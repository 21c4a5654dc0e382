import { defined } from "../../base/index.ts";
import type { HostPortForm, ListenerForm } from "../../forms/index.ts";
import type { HostPort, Listener } from "../../view/ports/index.ts";

export function hostPortForm({ target, state, owner, holder, sources }: HostPort): HostPortForm {
  const { mapping, address, hostIp } = target;
  const { hostPort, containerPort, protocol } = mapping;
  return {
    ...{ hostPort, protocol, ...defined({ hostIP: hostIp?.toString() }) },
    ...{ address: address.toString(), containerPort, ...owner, state },
    ...defined({ holder: holder && { ...holder } }),
    sources: [...sources],
  };
}

export function listenerForm({ protocol, port, address, process }: Listener): ListenerForm {
  return {
    protocol,
    port,
    address: address.toString(),
    ...defined({ process: process && { ...process } }),
  };
}
