/** What a node has of one subnet, piece by piece, and how its picture says so. */
import { Ip, Prefix } from "../addr/index.ts";
import type { HoldingState, SubnetPicture } from "./picture.ts";
import { common, compare, parentOf, without } from "./pieces.ts";

/** A holding with its prefix read. */
export interface Piece {
  readonly prefix: Prefix;
  readonly state: HoldingState;
}

/** Pictures are looked at far more often than they change. */
const known = new WeakMap<SubnetPicture, readonly Piece[]>();

export function piecesOf(subnet: SubnetPicture | undefined): readonly Piece[] {
  if (subnet === undefined) return [];
  let pieces = known.get(subnet);
  if (pieces === undefined) {
    pieces = subnet.holdings.map(({ prefix, state }) => ({ prefix: Prefix.parse(prefix), state }));
    known.set(subnet, pieces);
  }
  return pieces;
}

const gateways = new WeakMap<SubnetPicture, Ip>();

/** The node's own address in the subnet; undefined where it has none. */
export function gatewayOf(subnet: SubnetPicture | undefined): Ip | undefined {
  if (subnet?.gateway === undefined) return undefined;
  const gateway = gateways.get(subnet) ?? Ip.tryParse(subnet.gateway);
  if (gateway !== undefined) gateways.set(subnet, gateway);
  return gateway;
}

/** The subnet's picture with other holdings; those of one state that are halves of one are one again. */
export function withPieces(
  subnet: SubnetPicture,
  pieces: readonly Piece[],
  blockSize: number,
): SubnetPicture {
  const next = tidy(pieces, blockSize);
  const before = piecesOf(subnet);
  const isSame =
    before.length === next.length && next.every((piece, at) => equal(piece, before[at]));
  if (isSame) return subnet;
  const holdings = next.map(({ prefix, state }) => ({ prefix: prefix.toString(), state }));
  const changed = { ...subnet, holdings };
  known.set(changed, next);
  return changed;
}

function equal(one: Piece, other: Piece | undefined): boolean {
  return one.state === other?.state && one.prefix.equals(other.prefix);
}

/** The pieces after all of a prefix is in one state; undefined takes it out. */
export function marked(
  pieces: readonly Piece[],
  prefix: Prefix,
  state: HoldingState | undefined,
): Piece[] {
  const kept = pieces.flatMap((piece): Piece[] => {
    const both = common(piece.prefix, prefix);
    if (both === undefined) return [piece];
    return without(piece.prefix, both).map((rest) => ({ prefix: rest, state: piece.state }));
  });
  return state === undefined ? kept : [...kept, { prefix, state }];
}

/** In order, and halves of one state joined, up to whole blocks. */
function tidy(pieces: readonly Piece[], blockSize: number): Piece[] {
  const kept: Piece[] = [];
  for (const piece of [...pieces].sort((one, other) => compare(one.prefix, other.prefix))) {
    let last = piece;
    for (;;) {
      const before = kept.at(-1);
      if (before === undefined || before.state !== last.state) break;
      const parent = parentOf(before.prefix, last.prefix);
      if (parent === undefined || parent.length < blockSize) break;
      kept.pop();
      last = { prefix: parent, state: last.state };
    }
    kept.push(last);
  }
  return kept;
}
