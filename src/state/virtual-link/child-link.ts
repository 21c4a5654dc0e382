import type { Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { Attachment } from "../../spec/index.ts";
import type { Namespaces } from "../namespaces/index.ts";
import type { ChildKind } from "./kind.ts";
import type { Master } from "./master.ts";

/** What a link of the container should be. */
export interface ChildLink {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly kind: ChildKind;
  /** Absent for a kind that stands on no other link. */
  readonly master?: Master | undefined;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  /** The master's MTU is the limit of the configured one, and the error says so. */
  readonly mtuWithinMaster?: boolean | undefined;
  /** For kinds that have a MAC of their own: this one, or "random". */
  readonly mac?: Mac | "random" | undefined;
  readonly settings: Pick<link.KindSettings, "macvlan" | "ipvlan" | "vlan">;
}
