/** A node's picture while its member changes it, under the lock that ADD takes. */
import { Ip, Prefix } from "../addr/index.ts";
import type { Core } from "./core.ts";
import { gatewayOf, marked, type Piece, piecesOf, withPieces } from "./holdings.ts";
import { numbersIn, Occupied } from "./occupied.ts";
import type { HoldingState, Picture, SubnetPicture } from "./picture.ts";
import type { Reserved } from "./ports.ts";
import type { Space } from "./space.ts";

export class Draft {
  readonly core: Core;
  readonly reserved: Reserved;
  readonly before: Picture | undefined;
  picture: Picture;
  readonly #reserved: Map<Space, readonly bigint[]> = new Map();

  constructor(core: Core, before: Picture | undefined, reserved: Reserved) {
    this.core = core;
    this.before = before;
    this.reserved = reserved;
    this.picture = beginning(core, before, reserved);
  }

  /** The picture is of other subnets than the configuration: one of both is wrong. */
  get isOfOthers(): boolean {
    const { before, core } = this;
    if (before?.node !== core.node || before.network !== core.config.network) return false;
    const own = new Set(core.spaces.map(({ subnet }) => subnet.toString()));
    return before.subnets.some(({ subnet, holdings }) => holdings.length > 0 && !own.has(subnet));
  }

  pieces(space: Space): readonly Piece[] {
    return piecesOf(this.picture.subnets[space.index]);
  }

  occupied(space: Space): Occupied {
    const { sticky, subnets } = this.picture;
    const gateway = gatewayOf(subnets[space.index]);
    const names = Object.values(sticky ?? {}).flat();
    const kept = names.flatMap((text) => Ip.tryParse(text) ?? []);
    if (gateway !== undefined) kept.push(gateway);
    return new Occupied(space, this.#reservedIn(space), numbersIn(space, kept));
  }

  setPieces(space: Space, pieces: readonly Piece[]): void {
    this.#replace(space, (subnet) => withPieces(subnet, pieces, space.blockSize));
  }

  mark(space: Space, prefix: Prefix, state: HoldingState | undefined): void {
    this.setPieces(space, marked(this.pieces(space), prefix, state));
  }

  held(space: Space): Prefix[] {
    return this.pieces(space).flatMap(({ prefix, state }) => (state === "held" ? [prefix] : []));
  }

  /** Keeps the node's own address as long as it is held, and chooses one where there is none. */
  chooseGateways(): void {
    for (const space of this.core.spaces) {
      const held = this.held(space);
      const gateway = gatewayOf(this.picture.subnets[space.index]);
      // While nothing is served, one that may become the node's own again is remembered.
      const kept = held.length > 0 ? held : this.#resting(space);
      if (gateway !== undefined && kept.some((prefix) => prefix.contains(gateway))) continue;
      this.#replace(space, ({ gateway: _, ...subnet }) => subnet);
      const occupied = this.occupied(space);
      let chosen: Ip | undefined;
      for (const prefix of held) chosen ??= occupied.firstFree(prefix);
      if (chosen === undefined) continue;
      const own = chosen.toString();
      this.#replace(space, (subnet) => ({ ...subnet, gateway: own }));
    }
  }

  #resting(space: Space): Prefix[] {
    return this.pieces(space).flatMap(({ prefix, state }) => (state === "resting" ? [prefix] : []));
  }

  /** Nothing is reserved while the picture changes: the files are read once. */
  #reservedIn(space: Space): readonly bigint[] {
    const known = this.#reserved.get(space);
    if (known !== undefined) return known;
    const numbers = numbersIn(space, this.reserved.addresses());
    this.#reserved.set(space, numbers);
    return numbers;
  }

  #replace(space: Space, change: (subnet: SubnetPicture) => SubnetPicture): void {
    const before = this.picture.subnets[space.index];
    const after = before && change(before);
    if (after === undefined || after === before) return;
    this.picture = { ...this.picture, subnets: this.picture.subnets.with(space.index, after) };
  }
}

/** Changes the picture; it is written only where it is another one afterwards. */
export async function revise<T>(core: Core, work: (draft: Draft) => T): Promise<T> {
  return await core.files.update((before, reserved) => {
    const draft = new Draft(core, before, reserved);
    const result = work(draft);
    const { picture } = draft;
    const isSame = picture === before || JSON.stringify(before) === JSON.stringify(picture);
    return isSame ? { result } : { picture, result };
  });
}

/** The picture to go on with: a first one where there is none, or where it is another node's. */
function beginning(core: Core, picture: Picture | undefined, reserved: Reserved): Picture {
  const { config, node } = core;
  // A plugin that does a member's round does not know it.
  const { mtu } = core.facts;
  const room = mtu === undefined ? {} : { mtu };
  const isOwn = picture?.node === node && picture.network === config.network;
  const subnets = core.spaces.map((space): SubnetPicture => {
    const subnet = space.text;
    const old = picture?.subnets.find((each) => each.subnet === subnet);
    if (picture === undefined) return remembered(core, space, reserved);
    if (old === undefined) return { subnet, holdings: [] };
    if (isOwn) return old;
    // Under another id the node has won nothing; its containers keep what they have.
    return { subnet, holdings: old.holdings.map((each) => ({ ...each, state: "lost" })) };
  });
  if (isOwn) {
    const isKept = subnets.every((subnet, index) => subnet === picture.subnets[index]);
    const isSame = isKept && subnets.length === picture.subnets.length;
    if (isSame && (mtu === undefined || mtu === picture.mtu)) return picture;
    return { ...picture, ...room, subnets };
  }
  const { owner, session } = core.session ?? {};
  return {
    format: 1,
    network: config.network,
    node,
    epoch: owner?.epoch ?? 0,
    session: session ?? "",
    boot: owner === undefined ? "" : core.clock.boot,
    revision: "0",
    cluster: "",
    generation: 0,
    ...holdTime(config.quarantineMs),
    ...room,
    subnets,
  };
}

/**
 * What is known of a node's part in a subnet without its picture: the blocks that this process knows, and those
 * of addresses that containers have. The store says what is so before ADD reserves from any of it.
 */
function remembered(core: Core, space: Space, reserved: Reserved): SubnetPicture {
  const blocks = new Map<string, Prefix>();
  const note = (block: Prefix): unknown => blocks.set(block.toString(), block);
  for (const known of core.blocks.values()) if (known.space === space) note(known.block);
  for (const address of reserved.addresses()) {
    if (space.subnet.contains(address)) note(space.blockOf(address));
  }
  const pieces = [...blocks.values()].map((prefix): Piece => ({ prefix, state: "resting" }));
  const empty = { subnet: space.subnet.toString(), holdings: [] };
  const own = withGateway(empty, core.session?.record.gateways ?? []);
  return pieces.length === 0 ? own : withPieces(own, pieces, space.blockSize);
}

/** The subnet's picture with the node's own address in it, where there is one. */
export function withGateway(subnet: SubnetPicture, gateways: readonly string[]): SubnetPicture {
  const prefix = Prefix.parse(subnet.subnet);
  const gateway = gateways.find((text) => {
    const ip = Ip.tryParse(text);
    return ip !== undefined && prefix.contains(ip);
  });
  return gateway === undefined ? subnet : { ...subnet, gateway };
}

/** A node believes for three quarters of the time after which others may take its blocks. */
export function holdTime(quarantineMs: number | undefined): { readonly holdMs?: number } {
  return quarantineMs === undefined ? {} : { holdMs: (quarantineMs * 3) / 4 };
}
