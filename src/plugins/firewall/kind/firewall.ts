import { type Kind, type Piece, type Rollback, runAll, type Scene } from "../../../state/index.ts";
import { collectElements, nftables } from "../../../state/nft-sets/index.ts";
import { type FirewallBackend, parseLeniently } from "../config.ts";
import { allowAddresses, claimsOf, removeMarked } from "./allow.ts";
import { AddressClaims } from "./claims.ts";
import { firewalldZone } from "./firewalld.ts";
import { removeForwardAccept } from "./forward-accept.ts";
import { ingressPolicy, removeGoneBridges } from "./ingress-policy.ts";
import { iptablesRules } from "./iptables.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import { firewallLayout, isContainerSet } from "./layout.ts";
import { type Attached, addressesOf, bridgeOf, type Part } from "./part.ts";
import { firewallRecords, type Note, noteOf, readNote } from "./record.ts";

/** In the order in which they are made. */
const PARTS: Readonly<Record<FirewallBackend, readonly Part[]>> = {
  own: [allowAddresses, ingressPolicy],
  firewalld: [allowAddresses, ingressPolicy, firewalldZone],
  iptables: [iptablesRules],
};

/** The host's firewall lets a container's packets through, in the way that its record tells. */
export const firewall: Kind<Attached> = {
  name: "firewall",
  want: (scene, attached) => new FirewallPiece(scene, attached),
  undo: removeAttachment,

  async collect(scene, garbage) {
    removeGoneBridges(scene.namespaces);
    await removeGoneIsolation(scene);
    await collectElements({
      ...garbage,
      nft: nftables(scene.namespaces),
      layout: firewallLayout,
      records: firewallRecords(scene.ctx),
      undo: async (owner) => await removeAttachment({ ...scene, owner }),
      isSweepable: isContainerSet,
      claims: claimsOf(scene),
    });
    new AddressClaims(scene).collect(garbage);
    await removeForwardAccept(scene);
  },
};

class FirewallPiece implements Piece {
  readonly name = "firewall";
  readonly #scene: Scene;
  readonly #attached: Attached;
  readonly #parts: readonly Piece[];

  constructor(scene: Scene, attached: Attached) {
    this.#scene = scene;
    this.#attached = attached;
    this.#parts = PARTS[attached.backend].map((part) => part.want(scene, attached));
  }

  describe(): string {
    const { addresses, backend } = this.#attached;
    if (addresses.length === 0) return `the container's addresses are let through (${backend})`;
    return this.#parts.map((part) => `${part.name}: ${part.describe() ?? ""}`).join("; ");
  }

  async apply(rollback: Rollback): Promise<void> {
    const { ctx, owner } = this.#scene;
    const records = firewallRecords(ctx);
    // An ADD that is repeated may be for other addresses, or another backend.
    const earlier = readNote(records.read(owner)?.data);
    if (earlier !== undefined) await removeNoted(this.#scene, earlier);
    rollback.defer(() => records.remove(owner));
    records.write(owner, noteOf(this.#attached));
    for (const part of this.#parts) await part.apply?.(rollback);
  }

  async check(): Promise<void> {
    for (const part of this.#parts) await part.check?.();
  }

  async ready(): Promise<void> {
    for (const part of this.#parts) await part.ready?.();
  }
}

/** By the record; without one, in every way that any ADD could have chosen. */
async function removeAttachment(scene: Scene): Promise<void> {
  const records = firewallRecords(scene.ctx);
  const note = readNote(records.read(scene.owner)?.data);
  await (note === undefined ? removeUnrecorded(scene) : removeNoted(scene, note));
  records.remove(scene.owner);
}

async function removeNoted(scene: Scene, note: Note): Promise<void> {
  await runAll(PARTS[note.backend].map((part) => () => part.remove(scene, note)));
}

async function removeUnrecorded(scene: Scene): Promise<void> {
  const { prevResult } = scene.ctx;
  const { backend = "firewalld", ...settings } = parseLeniently(scene.ctx);
  const trace = { ...settings, addresses: addressesOf(prevResult), bridge: bridgeOf(prevResult) };
  const zone = backend === "firewalld" ? [firewalldZone] : [];
  const parts = [ingressPolicy, ...zone, iptablesRules];
  await runAll([
    () => removeMarked(scene),
    ...parts.map((part) => () => part.remove(scene, trace)),
  ]);
}
