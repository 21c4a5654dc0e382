import { type Ip, Prefix } from "../../../addr/index.ts";
import type { Result } from "../../../spec/index.ts";
import type { Piece, Scene } from "../../../state/index.ts";
import type { FirewallBackend, FirewallConfig } from "../config.ts";

/** What an ADD has made for an attachment: all that its removal needs. */
export interface Trace {
  readonly addresses: readonly Ip[];
  /** The bridge that the container is behind; undefined when the result names none. */
  readonly bridge: string | undefined;
  readonly zone: string;
  readonly markBit: number;
  /** Whether the bridge got a policy; undefined where that is not known. */
  readonly isGuarded?: boolean;
}

/** How an attachment is to be let through the host's firewall. */
export interface Attached extends Trace, Omit<FirewallConfig, "backend"> {
  readonly backend: FirewallBackend;
}

/** A piece whose restoring is safe to be done again. */
export type PartPiece = Piece & Required<Pick<Piece, "restore">>;

/** A part of what lets an attachment through; the backend says which parts there are. */
export interface Part {
  want(scene: Scene, attached: Attached): PartPiece;
  /** Removes what an ADD has made; what other attachments have by now stays. */
  remove(scene: Scene, trace: Trace): void | Promise<void>;
  /** For a plan: what `remove` would remove, in words. */
  found(scene: Scene, trace: Trace): readonly string[] | Promise<readonly string[]>;
}

/** The IP versions among the addresses. */
export function familiesOf(addresses: readonly Ip[]): (4 | 6)[] {
  return ([4, 6] as const).filter((family) => addresses.some((ip) => ip.family === family));
}

/** The addresses of a result, each once. */
export function addressesOf(result: Result | undefined): Ip[] {
  const addresses = (result?.ips ?? []).map(({ address }) => Prefix.parse(address).ip);
  return [...new Map(addresses.map((ip) => [ip.toString(), ip])).values()];
}

/** The first interface of a result, when it is the host's: that is where `bridge` names it. */
export function bridgeOf(result: Result | undefined): string | undefined {
  const { name = "", sandbox = "" } = result?.interfaces[0] ?? {};
  return sandbox === "" && name !== "" ? name : undefined;
}
