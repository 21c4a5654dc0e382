/** What ADD may reserve from, as the node's picture says. */
import { Ip, Prefix } from "../../addr/index.ts";
import type { Picture, SubnetPicture } from "../picture.ts";
import type { Clock } from "../ports.ts";

/** What ADD may reserve from in one subnet. */
export interface Servable {
  readonly subnet: Prefix;
  /** The node's own address; undefined before the first block. */
  readonly gateway: Ip | undefined;
  /** None where the node has nothing yet. */
  readonly prefixes: readonly Prefix[];
}

/** What ADD may reserve from, in the order of the fleet's subnets, or why it has to wait. */
export type Serving =
  | { readonly ok: true; readonly subnets: readonly Servable[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Whether the node may reserve addresses now, and which. ADD asks before it reserves and again when the
 * reservation is on the disk: what it reserved in between may have become another node's.
 */
export function servable(
  picture: Picture | undefined,
  clock: Pick<Clock, "now" | "boot">,
): Serving {
  if (picture === undefined) return waits("this node has not joined the fleet yet");
  const { confirmed, holdMs, trouble } = picture;
  if (confirmed === undefined || confirmed.boot !== clock.boot) {
    return waits(trouble ?? "the store has not yet confirmed what this node holds");
  }
  const age = clock.now() - confirmed.atMs;
  if (!(age >= 0) || (holdMs !== undefined && age >= holdMs)) {
    const why = `the store has not confirmed for ${Math.round(age / 1000)} seconds what this node holds`;
    return waits(trouble === undefined ? why : `${why}: ${trouble}`);
  }
  return { ok: true, subnets: servedOf(picture) };
}

/** A picture is looked at by many ADDs, and twice by each. */
const SERVED = new WeakMap<Picture, readonly Servable[]>();

function servedOf(picture: Picture): readonly Servable[] {
  let served = SERVED.get(picture);
  if (served === undefined) {
    served = picture.subnets.map(servedSubnet);
    SERVED.set(picture, served);
  }
  return served;
}

function servedSubnet({ subnet, gateway, holdings }: SubnetPicture): Servable {
  const held = holdings.filter(({ state }) => state === "held");
  return {
    subnet: Prefix.parse(subnet),
    gateway: gateway === undefined ? undefined : Ip.parse(gateway),
    prefixes: held.map(({ prefix }) => Prefix.parse(prefix)),
  };
}

function waits(reason: string): Serving {
  return { ok: false, reason };
}
