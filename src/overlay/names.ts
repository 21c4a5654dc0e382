import { Mac } from "../addr/index.ts";
import { hexDigest } from "../state/index.ts";
import { networkMark } from "../state/owner/index.ts";
import type { OverlayKind } from "./wanted.ts";

export { ROUTE_PROTOCOL } from "../state/overlay-routes/index.ts";

/** VNIs have 24 bits. */
export const VNI_MAX = 0xffffff;

/** The name of a network's device: 15 characters at most, of letters and digits whatever the network's are. */
export function deviceName(network: string): string {
  return `fleet${hexDigest("sha256", `device\0${network}`).slice(0, 10)}`;
}

/** The alias of a network's device: by it, its name and its kind a later start knows its own. */
export function deviceMark(network: string): string {
  return `hawser overlay of network ${networkMark(network)}`;
}

/** The hardware address of a node's VXLAN device: locally administered, the same after every start. */
export function overlayMac(network: string, node: string): Mac {
  const digest = hexDigest("sha256", `mac\0${network}\0${node}`);
  const bytes = Uint8Array.from({ length: 6 }, (_, at) =>
    Number.parseInt(digest.slice(at * 2, at * 2 + 2), 16),
  );
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return Mac.fromBytes(bytes);
}

/** Whether the overlay of this kind has a device of its own. */
export function hasDevice(kind: OverlayKind): kind is "vxlan" | "wireguard" {
  return kind === "vxlan" || kind === "wireguard";
}
