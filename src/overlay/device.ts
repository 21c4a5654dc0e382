/** The device of an overlay: what it is to be, and what has to be done with the one there is. */
import type { link } from "../kernel/route/index.ts";
import { isSameIp } from "./addresses.ts";
import { overlayMtu } from "./mtu.ts";
import { deviceName, hasDevice } from "./names.ts";
import type { Standing } from "./standing.ts";
import type { WantedOverlay } from "./wanted.ts";

/** What has to be done with the device before its addresses and routes come, or after they are gone. */
export type DeviceStep =
  | { readonly step: "none" }
  | { readonly step: "keep"; readonly found: link.Link; readonly change?: link.LinkChange }
  | { readonly step: "make"; readonly spec: link.LinkSpec }
  /** It cannot become what is wanted: it goes, and another one comes. */
  | { readonly step: "remake"; readonly found: link.Link; readonly spec: link.LinkSpec }
  | { readonly step: "remove"; readonly found: link.Link }
  | { readonly step: "refuse"; readonly trouble: string };

/** The smallest MTU of a link that has IPv6 (RFC 8200). */
const IPV6_MTU_MIN = 1280;

/** @param underlayMtu of the link between the nodes */
export function planDevice(
  wanted: WantedOverlay,
  { device, stranger }: Standing,
  underlayMtu: number,
): DeviceStep {
  const { kind, underlay } = wanted;
  const found = device?.link;
  if (!hasDevice(kind)) return found === undefined ? { step: "none" } : { step: "remove", found };
  if (stranger !== undefined) {
    const what = stranger.kind ?? "a link";
    const trouble = `the name ${stranger.name} is another program's (${what}): remove or rename it`;
    return { step: "refuse", trouble };
  }
  const mtu = overlayMtu(kind, underlayMtu, underlay.family);
  const wantsIpv6 = wanted.subnets.some(({ family }) => family === 6);
  if (wantsIpv6 && mtu < IPV6_MTU_MIN) {
    const trouble = `IPv6 needs packets of ${IPV6_MTU_MIN} bytes, and ${mtu} fit into this overlay`;
    return { step: "refuse", trouble: `${trouble}: raise the MTU between the nodes` };
  }
  const spec = specOf(wanted, kind, mtu);
  if (found === undefined) return { step: "make", spec };
  if (found.kind !== kind || !canStay(wanted, found)) return { step: "remake", found, spec };
  const change = changeOf(wanted, found, mtu);
  return Object.keys(change).length === 0
    ? { step: "keep", found }
    : { step: "keep", found, change };
}

function specOf(
  { network, underlay, vni, port, mac }: WantedOverlay,
  kind: "vxlan" | "wireguard",
  mtu: number,
): link.LinkSpec {
  const spec = { name: deviceName(network), kind, mtu };
  if (kind === "wireguard") return spec;
  const local = underlay.family === 4 ? { local: underlay } : { local6: underlay };
  const vxlan = { id: vni, ...local, learning: false, port };
  return { ...spec, address: mac?.toString(), vxlan };
}

/** Of a VXLAN device only its local address can be changed, within a family. */
function canStay({ kind, vni, port, underlay }: WantedOverlay, { vxlan }: link.Link): boolean {
  if (kind !== "vxlan") return true;
  const local = underlay.family === 4 ? vxlan?.local : vxlan?.local6;
  return (
    vxlan?.id === vni && vxlan.port === port && vxlan.learning === false && local !== undefined
  );
}

function changeOf(wanted: WantedOverlay, found: link.Link, mtu: number): link.LinkChange {
  const { kind, vni, mac, underlay } = wanted;
  const { local, local6 } = found.vxlan ?? {};
  const isMoved = kind === "vxlan" && !isSameIp(local ?? local6, underlay);
  const ends = underlay.family === 4 ? { local: underlay } : { local6: underlay };
  const address = mac?.toString();
  return {
    ...(found.mtu === mtu ? {} : { mtu }),
    ...(kind === "vxlan" && found.address !== address ? { address } : {}),
    ...(isMoved ? { vxlan: { id: vni, ...ends } } : {}),
    ...(found.up ? {} : { up: true }),
  };
}
