import * as v from "valibot";
import { Ip, Prefix } from "../../addr/index.ts";
import { defined, quoted } from "../../base/index.ts";
import { rule, says } from "../../plugin/index.ts";
import { invalidConfig } from "../../spec/index.ts";
import { choice, choiceOf, integer, mtuOf } from "../../state/config/index.ts";
import { hexDigest } from "../../state/index.ts";

const OVERLAYS = ["vxlan", "host-gw", "wireguard", "none"] as const;

/** How packets find the other nodes; "none" leaves it to routers. */
export type Overlay = (typeof OVERLAYS)[number];

const VNI_MAX = 0xff_ff_ff;
const PORT_MAX = 0xff_ff;
/** IANA's for VXLAN; WireGuard's own. */
const PORTS: Readonly<Record<Overlay, number>> = {
  vxlan: 4789,
  wireguard: 51_820,
  "host-gw": 0,
  none: 0,
};
const VNI_DIGITS = 6;

const UNDERLAY = String.raw`^(?!\.{1,2}$)[0-9A-Za-z_.:/@-]{1,64}$`;

function checkUnderlay(text: string): void {
  if (new RegExp(UNDERLAY, "u").test(text)) return;
  throw invalidConfig(
    `invalid underlay ${quoted(text)}`,
    "expected an interface, an address or a subnet",
  );
}

/** A schema for each key of an object. */
export type KeysOf<T> = { readonly [Key in keyof Required<T>]: v.GenericSchema<unknown, T[Key]> };

/** The keys about the way between the nodes. */
export const overlayKeys: KeysOf<OverlayKeys> = {
  overlay: v.pipe(
    v.optional(v.string(), ""),
    choiceOf("overlay", OVERLAYS),
    v.description(
      "How packets find the other nodes: `vxlan`, `host-gw`, `wireguard`, or `none` where routers do it; else `vxlan`, and `none` with a store of `files`. The node daemon keeps it.",
    ),
  ),
  underlay: v.pipe(
    v.optional(v.pipe(v.string(), rule({ pattern: UNDERLAY }, checkUnderlay))),
    v.description(
      "The network between the nodes: an interface, an address of this node or a subnet that it has one in; else the interface of the default route.",
    ),
  ),
  vni: v.pipe(
    v.optional(integer),
    says({ minimum: 1, maximum: VNI_MAX }),
    v.description("VXLAN's network identifier; else one that follows from the network's name."),
  ),
  port: v.pipe(
    v.optional(integer),
    says({ minimum: 1, maximum: PORT_MAX }),
    v.description("UDP port of the overlay; else 4789 for VXLAN, 51820 for WireGuard."),
  ),
  mtu: v.pipe(
    v.optional(mtuOf()),
    v.description(
      "Largest packet between containers, for the result's routes; else what the overlay leaves of the network between the nodes.",
    ),
  ),
};

/** The way between the nodes, checked. */
export interface OverlayConfig {
  readonly kind: Overlay;
  /** An interface, an address or a subnet. */
  readonly underlay?: string;
  readonly vni: number;
  /** UDP; 0 for an overlay that needs none. */
  readonly port: number;
  readonly mtu?: number;
}

/** What the keys are read as. */
export interface OverlayKeys {
  readonly overlay: string;
  readonly underlay?: string | undefined;
  readonly vni?: number | undefined;
  readonly port?: number | undefined;
  readonly mtu?: number | undefined;
}

/** @throws CniError of code 7 */
export function parseOverlay(
  network: string,
  { overlay, underlay, vni, port, mtu }: OverlayKeys,
  otherwise: Overlay,
): OverlayConfig {
  const kind = overlay === "" ? otherwise : choice("overlay", OVERLAYS, overlay);
  checkRange("vni", vni, VNI_MAX);
  checkRange("port", port, PORT_MAX);
  const hasMtu = mtu !== undefined && mtu > 0;
  return {
    kind,
    // An ADD has no use for it.
    get vni() {
      return vni ?? vniOf(network);
    },
    port: port ?? PORTS[kind],
    ...defined({ underlay: underlay && canonical(underlay), mtu: hasMtu ? mtu : undefined }),
  };
}

function checkRange(key: string, value: number | undefined, most: number): void {
  if (value === undefined || (value >= 1 && value <= most)) return;
  throw invalidConfig(`invalid ${key} ${value}`, `"ipam.${key}" is a number from 1 to ${most}`);
}

function canonical(underlay: string): string {
  return Ip.canonical(underlay) ?? Prefix.canonical(underlay) ?? underlay;
}

/** The same on every node, seldom that of another network, and never 1: flannel's. */
function vniOf(network: string): number {
  return (
    2 + (Number.parseInt(hexDigest("sha256", network).slice(0, VNI_DIGITS), 16) % (VNI_MAX - 1))
  );
}
