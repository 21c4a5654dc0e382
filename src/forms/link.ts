import { type AttachmentNameForm, attachmentNameSchema } from "./name.ts";
import { flag, type Keys, list, maybe, number, object, type Schema, text } from "./schema.ts";

/** A link as the kernel has it; a name alone for one that is not there. */
export interface LinkForm {
  readonly name: string;
  readonly index?: number | undefined;
  /** `veth`, `bridge` and so on; absent for hardware. */
  readonly kind?: string | undefined;
  readonly up?: boolean | undefined;
  readonly operstate?: string | undefined;
  /** Name of the bridge or VRF that it is a port of. */
  readonly master?: string | undefined;
  /** Name of the link of the same namespace that it stands on: of a macvlan, an ipvlan, a VLAN. */
  readonly parent?: string | undefined;
  /** Of a VLAN: its number, 0 to 4094. */
  readonly vlan?: number | undefined;
  /** Name of the other end of a veth pair, where that is in the same namespace. */
  readonly peer?: string | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: string | undefined;
}

const LINK: Keys<LinkForm> = {
  name: text(),
  index: maybe(number()),
  kind: maybe(text("`veth`, `bridge` and so on; absent for hardware.")),
  up: maybe(flag()),
  operstate: maybe(text()),
  master: maybe(text("Name of the bridge or VRF that it is a port of.")),
  parent: maybe(text("Name of the link that it stands on: of a VLAN, a macvlan, an ipvlan.")),
  vlan: maybe(number("Of a VLAN: its number, 0 to 4094.")),
  peer: maybe(text("Name of the other end of a veth pair, where that is in the same namespace.")),
  mtu: maybe(number()),
  mac: maybe(text()),
};

export const linkSchema: Schema<LinkForm> = object(
  LINK,
  "A link of the host or of a container; a name alone for one that is not there.",
);

/** A link of the host, with what hangs on it. */
export interface HostLinkForm extends LinkForm {
  /** Those that the kernel knows to belong together: the attachment whose end, or parent, this link is. */
  readonly attachments: readonly AttachmentNameForm[];
  /** In CIDR notation. */
  readonly addresses: readonly string[];
  /** Whether the host's way to everywhere leads over it, and by which next hops. */
  readonly gateways: readonly string[];
}

export const hostLinkSchema: Schema<HostLinkForm> = object<HostLinkForm>({
  ...LINK,
  attachments: list(attachmentNameSchema, "Whose end on the host it is."),
  addresses: list(text(), "In CIDR notation."),
  gateways: list(
    text(),
    "Next hops of default routes over this link; the name of the family, `IPv4` or `IPv6`, for one without.",
  ),
});

/** The links of the host. */
export interface LinksForm {
  readonly links: readonly HostLinkForm[];
  readonly more: boolean;
  readonly problems: readonly string[];
}

export const linksSchema: Schema<LinksForm> = object<LinksForm>({
  links: list(hostLinkSchema),
  more: flag("There are links that this answer leaves out."),
  problems: list(text(), "What could not be read."),
});
