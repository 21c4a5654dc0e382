import type { CallGroupForm } from "./call.ts";
import type { AttachmentStateForm, FindingForm } from "./finding.ts";
import type { AttachmentNameForm, PodForm } from "./name.ts";

/** A port of the host that leads to a container, as its runtime asked for it. */
export interface PortMappingForm {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
  /** Absent for all addresses of the host. */
  readonly hostIP?: string | undefined;
}

export interface RouteForm {
  readonly dst: string;
  readonly gw?: string | undefined;
  readonly table?: number | undefined;
}

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
  /** Name of the other end of a veth pair, where that is in the same namespace. */
  readonly peer?: string | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: string | undefined;
}

/** An attachment as its sources together have it. */
export interface AttachmentForm extends AttachmentNameForm {
  /** Path of the namespace; may be empty. */
  readonly netns: string;
  /** False for an ADD that is under way, or was cut short. */
  readonly finished: boolean;
  /** The machine has booted since. */
  readonly earlierBoot: boolean;
  readonly state: AttachmentStateForm;
  readonly netnsState: "alive" | "gone" | "replaced" | "unknown";
  /** What knows of it. */
  readonly sources: readonly ("cache" | "journal" | "record" | "reservation" | "link")[];
  /** In CIDR notation where the length of the prefix is known. */
  readonly addresses: readonly string[];
  readonly ports: readonly PortMappingForm[];
  readonly reservations: readonly { readonly address: string; readonly path: string }[];
  readonly findings: readonly FindingForm[];
  readonly pod?: PodForm | undefined;
  /** As the result has it. */
  readonly mac?: string | undefined;
  /** Its end on the host. */
  readonly hostLink?: LinkForm | undefined;
  /** When it was attached, ISO 8601. */
  readonly since?: string | undefined;
  /** The file that configures its network now. */
  readonly networkFile?: string | undefined;
  /** The file in which its runtime remembers it. */
  readonly cacheFile?: string | undefined;
}

/** A rule, or an element of a set or map, of the packet filter. */
export interface RuleForm {
  /** Family, table, and set or chain. */
  readonly place: string;
  readonly text: string;
  /** The attachment that it is for, where it stands in a list of all. */
  readonly owner?: Partial<AttachmentNameForm> | undefined;
}

/** When an attachment had which addresses. */
export interface PeriodForm extends AttachmentNameForm {
  readonly netns: string;
  readonly addresses: readonly string[];
  /** Absent when it began before the notes do. */
  readonly from?: string | undefined;
  /** Absent for what is there, or went without a word. */
  readonly to?: string | undefined;
  readonly present: boolean;
}

/** All that is known of one attachment: asked, promised, standing. */
export interface AttachmentDetailForm extends AttachmentForm {
  /** The network configuration of its ADD, secrets masked; absent where none is remembered. */
  readonly asked?: unknown;
  /** The result of its ADD by the specification; absent where none is remembered. */
  readonly promised?: unknown;
  /** Its interface as the kernel has it; absent when the namespace cannot be entered. */
  readonly inside?: InsideForm | undefined;
  readonly rules: readonly RuleForm[];
  /** The oldest first. */
  readonly history: readonly PeriodForm[];
  /** What was recorded of it, the newest first. */
  readonly calls: readonly CallGroupForm[];
  readonly problems: readonly string[];
}

/** What stands in the namespace of an attachment. */
export interface InsideForm {
  readonly link?: LinkForm | undefined;
  readonly addresses: readonly string[];
  readonly routes: readonly RouteForm[];
}
