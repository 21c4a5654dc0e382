/** Where things of this node lie, and what is known of it. */
import { bareAddress, type Env } from "../base/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { type NodeView, viewOfNode } from "../view/attachments/index.ts";
import type { Places } from "../view/sources/index.ts";

/** What an examination is called with. */
export interface Surroundings {
  readonly env: Env;
  readonly places: Places;
  /** Where plugins are searched, in order. */
  readonly pluginDirs: readonly string[];
  /** Asks plugins for the versions that they support. */
  readonly runtime: Runtime;
  /** Of this executable. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Where the daemon listens, and where the DHCP daemon does. */
  readonly sockets: { readonly daemon: string; readonly dhcp: string };
}

/** The node as an examination sees it. */
export interface Node extends Surroundings {
  readonly view: NodeView;
}

/** Reads what is known of the node. */
export function nodeOf(surroundings: Surroundings): Node {
  const { places, now } = surroundings;
  return { ...surroundings, view: viewOfNode(places, { now }) };
}

/** The host's link of the attachment that has an address; undefined when none is known. */
export function hostLinkOf({ view }: Node, ip: string): string | undefined {
  const has = ({ addresses }: NodeView["attachments"][number]): boolean =>
    addresses.some((text) => bareAddress(text) === ip);
  return view.attachments.find(has)?.hostLink?.name;
}
