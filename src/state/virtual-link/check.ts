import type { Mac } from "../../addr/index.ts";
import type { link } from "../../kernel/route/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { differs, missingInContainer } from "../differs.ts";
import type { Namespaces } from "../namespaces/index.ts";
import type { VirtualLinkKind } from "./kernel-kind.ts";
import { findParent, type Parent } from "./parent.ts";

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

/** The container's link as the kernel has it; throws when it is missing or not what is wanted. */
export function checkLink(
  namespaces: Namespaces,
  ifName: string,
  kind: VirtualLinkKind,
  { parent, settings }: WantedLink,
): link.Link {
  const found = namespaces.containerLinks.get({ name: ifName });
  if (found === undefined) throw missingInContainer(ifName);
  const compare = (what: string, expected: Value, actual: Value): void => {
    if (expected === undefined || expected === actual) return;
    throw differs(`${what} of ${ifName} is ${String(actual)} and not ${String(expected)}`);
  };
  compare("kind", kind, found.kind ?? "a device's");
  compare("mode", settings.macvlan?.mode, found.macvlan?.mode);
  compare("mode", settings.ipvlan?.mode, found.ipvlan?.mode);
  compare("VLAN ID", settings.vlan?.id, found.vlan?.id);
  if (parent !== undefined && parent.name !== "" && !standsOn(namespaces, found, parent)) {
    throw differs(`${ifName} stands on another link than ${parent.name}`);
  }
  return found;
}

type Value = string | number | undefined;

/** An index alone says little: each namespace counts its links from 1. */
function standsOn(namespaces: Namespaces, found: link.Link, parent: Parent): boolean {
  const { index } = presentParent(namespaces, parent);
  const isElsewhere = found.linkNetnsId !== undefined;
  return found.linkIndex === index && isElsewhere !== parent.inContainer;
}

function presentParent(namespaces: Namespaces, parent: Parent): link.Link {
  try {
    return findParent(namespaces, parent);
  } catch (error) {
    const isAbsent = error instanceof CniError && error.code === ErrorCode.INVALID_NETWORK_CONFIG;
    throw isAbsent ? differs(error.msg, error.details) : error;
  }
}
