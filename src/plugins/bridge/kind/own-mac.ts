import { readFileSync } from "node:fs";
import { type link, neighbour } from "../../../kernel/route/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { randomMac } from "../../../state/veth/index.ts";

/** What a bridge without an address of its own has when its last port is gone. */
const NO_MAC = "00:00:00:00:00:00";

/** The kind of an address that a program has set (linux/netdevice.h). */
const NET_ADDR_SET = "3";

/**
 * Lets a bridge keep the MAC that it has. A bridge to which no program has given one has the lowest
 * of its ports', and another whenever such a port goes: containers then talk to a gateway that is
 * gone until their neighbour entries are too old. There is no way back to that, and no need of one.
 */
export function keepMac(namespaces: Namespaces, bridge: link.Link): void {
  if (isKept(namespaces, bridge)) return;
  const { host, hostLinks } = namespaces;
  const { index, address = NO_MAC } = bridge;
  const mac = address === NO_MAC ? randomMac().toString() : address;
  // The kernel then forgets the bridge's neighbours: it is done once, and those of people stay.
  const set = neighbour.list(host, { index, where: isPermanent });
  hostLinks.set(index, { address: mac });
  for (const { ip, address: theirs } of set) {
    neighbour.replace(host, { index, ip, address: theirs });
  }
}

function isPermanent({ state, address }: neighbour.Neighbour): boolean {
  return (state & neighbour.NUD_PERMANENT) !== 0 && address !== undefined;
}

/**
 * Only sysfs tells, and only where it shows this namespace. Elsewhere the ports do: a bridge with
 * ports that has the MAC of none keeps its own.
 */
function isKept({ hostLinks }: Namespaces, { index, name, address }: link.Link): boolean {
  const shown = (file: string): string =>
    readFileSync(`/sys/class/net/${name}/${file}`, "utf8").trim();
  try {
    if (shown("ifindex") === String(index) && shown("address") === address) {
      return shown("addr_assign_type") === NET_ADDR_SET;
    }
  } catch {
    // Not mounted, or another namespace's.
  }
  const ports = hostLinks.list({ master: index });
  return ports.length > 0 && ports.every((port) => port.address !== address);
}
