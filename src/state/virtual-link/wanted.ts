import type { Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import type { Parent } from "./parent.ts";

/** What a link of the container should be. */
export interface WantedLink {
  /** The link that it stands on; absent for a kind that stands on none. */
  readonly parent?: Parent | undefined;
  /** The parent comes from an earlier plugin of the list, which STATUS cannot know. */
  readonly isChained?: boolean | undefined;
  /** In bytes; 0 leaves it to the kernel. */
  readonly mtu: number;
  /** The parent's MTU is the limit of the configured one, and the error says so. */
  readonly mtuWithinParent?: boolean | undefined;
  /** For kinds that have a MAC of their own: this one, or "random". */
  readonly mac?: Mac | "random" | undefined;
  readonly settings: Pick<link.KindSettings, "macvlan" | "ipvlan" | "vlan">;
}
