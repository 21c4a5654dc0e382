import { ATTACHMENT_STATES, type AttachmentStateForm, stateSchema } from "./finding.ts";
import { type LinkForm, linkSchema } from "./link.ts";
import { type AttachmentNameForm, NAMES } from "./name.ts";
import { type HostPortForm, hostPortSchema } from "./port.ts";
import { flag, type Keys, list, maybe, number, object, one, type Schema, text } from "./schema.ts";

/** The node's network as a graph: what hangs on what. */
export interface MapForm {
  readonly nodes: readonly MapNodeForm[];
  readonly edges: readonly MapEdgeForm[];
  /** By network, in the order of their names. What belongs to none is in none. */
  readonly groups: readonly MapGroupForm[];
}

/** What a node of the map stands for. */
export type MapNodeKind =
  /** Everything beyond this machine. */
  | "outside"
  /** The host's own namespace, which forwards packets. */
  | "host"
  /** A port of the host that leads to a container. */
  | "port"
  /** A link of the host with a way out, or one that others stand on. */
  | "uplink"
  | "bridge"
  /** Any other link of the host: an end of a pair, a tunnel, a tap. */
  | "link"
  /** A network namespace with its containers' interfaces. */
  | "namespace"
  /** Another node of a fleet, behind a tunnel. */
  | "fleet-node";

export type FamilyForm = "IPv4" | "IPv6";

export interface MapNodeForm {
  /** Stable while the thing is there: kind and name, as `bridge:cni0`. */
  readonly id: string;
  readonly kind: MapNodeKind;
  /** A text that a container may have chosen: never markup. */
  readonly label: string;
  /** Lines of text below the label: addresses, kind of link, MTU. */
  readonly lines: readonly string[];
  readonly state: AttachmentStateForm;
  /** Drift and faults in words; empty when all is well. */
  readonly faults: readonly string[];
  /** Of a namespace in several networks, the one of its first interface. */
  readonly network?: string | undefined;
  /** Of a namespace, the attachments in it; of a link, that of its other end. */
  readonly attachments: readonly MapAttachmentForm[];
  /** Of this thing itself: of a container's interfaces, of a link of the host, what a node of a fleet holds. */
  readonly addresses: readonly MapAddressForm[];
  /** Of a link, a bridge or an uplink: as the kernel has it. */
  readonly link?: LinkForm | undefined;
  /** Of a port. */
  readonly port?: HostPortForm | undefined;
  /** Of the host: the families whose packets it does not forward; absent where that is not known. */
  readonly unforwarded?: readonly FamilyForm[] | undefined;
}

/** An attachment at a node of the map. */
export interface MapAttachmentForm extends AttachmentNameForm {
  /** Of a namespace, which may have several: how this one is. */
  readonly state?: AttachmentStateForm | undefined;
  /** What is wrong with this one, in words. */
  readonly faults?: readonly string[] | undefined;
}

export interface MapAddressForm {
  /** In CIDR notation where the length of the prefix is known. */
  readonly address: string;
  /** The interface in the container. */
  readonly ifName?: string | undefined;
  /** Whether the outside sees an address of the host in its place; absent where that is not known. */
  readonly masqueraded?: boolean | undefined;
}

export interface MapEdgeForm {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: /** Two ends of one pair. */
    | "pair"
    /** A port of a bridge or VRF. */
    | "port of"
    /** A link that stands on another one: macvlan, ipvlan, vlan. */
    | "on"
    /** The host passes packets on to what is there. */
    | "routes"
    /** A way out of the machine. */
    | "way out"
    /** A port of the host leads to a container. */
    | "maps"
    /** A way to another node of the fleet. */
    | "tunnel";
  /** The interface in the container, the next hop, the address that is mapped. */
  readonly label: string;
  readonly state: AttachmentStateForm;
  /** Of a namespace: the interface that hangs there. */
  readonly ifName?: string | undefined;
  /** Of a default route: whose packets it takes. */
  readonly family?: FamilyForm | undefined;
}

export interface MapGroupForm {
  readonly network: string;
  /** Identities of the nodes in it; a container of several networks is in each of them. */
  readonly nodes: readonly string[];
  /** Attachments by their states. */
  readonly counts: Readonly<Record<AttachmentStateForm, number>>;
  /** Attachments that are counted and not drawn, since a map holds so many at most; those with faults go first. */
  readonly hidden: number;
}

/** The way of a packet to or from a container, on the map. */
export interface PathForm {
  /** What was asked: `tcp 8080` or `10.1.0.7`. */
  readonly asked: string;
  /** In the order of the packet. */
  readonly steps: readonly PathStepForm[];
  /** Why the way ends before its goal. */
  readonly broken?: string | undefined;
  /** What else the same question means, in words: a mapping of the other family, another claimant. */
  readonly also: readonly string[];
}

export interface PathStepForm {
  readonly node: string;
  /** The edge by which the packet comes there. */
  readonly edge?: string | undefined;
  /** What happens there, in words. */
  readonly text: string;
}

const familySchema: Schema<FamilyForm> = one(["IPv4", "IPv6"]);

export const mapAttachmentSchema: Schema<MapAttachmentForm> = object<MapAttachmentForm>({
  ...NAMES,
  state: maybe(stateSchema("Of a namespace: how this attachment is.")),
  faults: maybe(list(text(), "What is wrong with this attachment, in words.")),
});

export const mapAddressSchema: Schema<MapAddressForm> = object<MapAddressForm>({
  address: text("In CIDR notation where the length of the prefix is known."),
  ifName: maybe(text("The interface in the container.")),
  masqueraded: maybe(flag("Whether the outside sees an address of the host in its place.")),
});

export const mapNodeSchema: Schema<MapNodeForm> = object<MapNodeForm>({
  id: text("Stable while the thing is there: kind and name."),
  kind: one(["outside", "host", "port", "uplink", "bridge", "link", "namespace", "fleet-node"]),
  label: text("A container may have chosen it: never markup."),
  lines: list(text()),
  state: stateSchema(),
  faults: list(text(), "Drift and faults in words."),
  network: maybe(text("Of a namespace in several networks, the one of its first interface.")),
  attachments: list(mapAttachmentSchema),
  addresses: list(mapAddressSchema),
  link: maybe(linkSchema),
  port: maybe(hostPortSchema),
  unforwarded: maybe(list(familySchema, "Of the host: what it does not forward.")),
});

export const mapEdgeSchema: Schema<MapEdgeForm> = object<MapEdgeForm>({
  id: text(),
  from: text(),
  to: text(),
  kind: one(["pair", "port of", "on", "routes", "way out", "maps", "tunnel"]),
  label: text(),
  state: stateSchema(),
  ifName: maybe(text("Of a namespace: the interface that hangs there.")),
  family: maybe(familySchema),
});

const COUNTS = Object.fromEntries(ATTACHMENT_STATES.map((state) => [state, number()])) as Keys<
  Record<AttachmentStateForm, number>
>;

export const mapGroupSchema: Schema<MapGroupForm> = object<MapGroupForm>({
  network: text(),
  nodes: list(text(), "Of the nodes in it; a container of several networks is in each."),
  counts: object<Record<AttachmentStateForm, number>>(COUNTS),
  hidden: number("Attachments that are counted and not drawn."),
});

export const mapSchema: Schema<MapForm> = object<MapForm>({
  nodes: list(mapNodeSchema),
  edges: list(mapEdgeSchema),
  groups: list(mapGroupSchema),
});

export const pathStepSchema: Schema<PathStepForm> = object<PathStepForm>({
  node: text(),
  edge: maybe(text("By which the packet comes there.")),
  text: text("What happens there."),
});

export const pathSchema: Schema<PathForm> = object<PathForm>({
  asked: text(),
  steps: list(pathStepSchema, "In the order of the packet."),
  broken: maybe(text("Why the way ends before its goal.")),
  also: list(text(), "What else the same question means."),
});
