import type {
  AttachmentForm,
  AttachmentNameForm,
  FleetForm,
  HostPortForm,
  LinkForm,
  NetworkForm,
} from "../../forms/index.ts";

/** What a map is made of. What is absent is not known, and the map does without. */
export interface MapFacts {
  readonly attachments: readonly AttachmentForm[];
  /** All links of the host. */
  readonly links: readonly LinkForm[];
  readonly networks?: readonly NetworkForm[] | undefined;
  readonly ports?: readonly HostPortForm[] | undefined;
  readonly fleets?: readonly FleetForm[] | undefined;
  readonly host?: HostFacts | undefined;
}

/** What the kernel says of the host beside its links. */
export interface HostFacts {
  readonly hostname?: string | undefined;
  /** Addresses of the host's links, in CIDR notation. */
  readonly addresses: readonly { readonly link: string; readonly address: string }[];
  /** The ways out of the machine: the host's default routes, the preferred one first. */
  readonly defaultRoutes: readonly DefaultRouteFact[];
  /** Families whose packets the host does not forward. */
  readonly unforwarded: readonly (4 | 6)[];
  /** Addresses of containers that the outside sees as one of the host; absent where it could not be read. */
  readonly masqueraded?: readonly string[] | undefined;
  /** Interfaces in containers that stand on a link of the host, by the kernel's word. */
  readonly standing: readonly StandingFact[];
}

export interface DefaultRouteFact {
  /** Name of the link of the host. */
  readonly link: string;
  readonly family: 4 | 6;
  readonly gw?: string | undefined;
}

export interface StandingFact extends AttachmentNameForm {
  /** Name of the link of the host. */
  readonly parent: string;
  /** `macvlan`, `ipvlan`, `vlan`. */
  readonly kind: string;
  /** Of a VLAN: its number. */
  readonly vlan?: number | undefined;
}
