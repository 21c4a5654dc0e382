import { type Kind, kindOf, runAll, type Scene, unproved } from "../../../state/index.ts";
import { collectElements, nftables } from "../../../state/nft-sets/index.ts";
import { type FirewallBackend, parseLeniently } from "../config.ts";
import { allowAddresses, claimsOf, removeMarked } from "./allow.ts";
import { AddressClaims } from "./claims.ts";
import { firewalldZone } from "./firewalld.ts";
import { removeForwardAccept } from "./forward-accept.ts";
import { ingressPolicy, removeUnusedPolicies } from "./ingress-policy.ts";
import { iptablesRules } from "./iptables.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import { firewallLayout } from "./layout.ts";
import { type Attached, addressesOf, bridgeOf, type Part, type PartPiece } from "./part.ts";
import { firewallRecords, type Note, noteOf, readNote } from "./record.ts";

/** In the order in which they are made. */
const PARTS: Readonly<Record<FirewallBackend, readonly Part[]>> = {
  own: [allowAddresses, ingressPolicy],
  firewalld: [allowAddresses, ingressPolicy, firewalldZone],
  iptables: [iptablesRules],
};

/** The host's firewall lets a container's packets through, in the way that its record tells. */
export const firewall: Kind<Attached> = kindOf({
  name: "firewall",

  describe(scene, attached) {
    const { addresses, backend } = attached;
    if (addresses.length === 0) return `the container's addresses are let through (${backend})`;
    const parts = partsOf(scene, attached);
    return parts.map((part) => `${part.name}: ${part.describe() ?? ""}`).join("; ");
  },

  async apply(scene, attached, rollback) {
    const { ctx, owner } = scene;
    const records = firewallRecords(ctx);
    // An ADD that is repeated may be for other addresses, or another backend.
    const earlier = readNote(records.read(owner)?.data);
    if (earlier !== undefined) await removeNoted(scene, earlier);
    rollback.defer(() => records.remove(owner));
    records.write(owner, noteOf(attached));
    for (const part of partsOf(scene, attached)) await part.apply?.(rollback);
  },

  async check(scene, attached) {
    for (const part of partsOf(scene, attached)) await part.check?.();
  },

  async restore(scene, attached) {
    const { ctx, owner } = scene;
    const records = firewallRecords(ctx);
    const note = readNote(records.read(owner)?.data);
    if (note === undefined) throw unproved("firewall's rules");
    // A firewalld that has begun to run since takes the rules in addition.
    if (note.backend !== attached.backend) records.write(owner, noteOf(attached));
    await runAll(partsOf(scene, attached).map((part) => async () => await part.restore()));
    // A DEL may have come meanwhile.
    if (records.read(owner) === undefined) await removeNoted(scene, { ...note, ...attached });
  },

  async ready(scene, attached) {
    for (const part of partsOf(scene, attached)) await part.ready?.();
  },

  undo: removeAttachment,

  async collect(scene, garbage) {
    await removeGoneIsolation(scene);
    await collectElements({
      ...garbage,
      nft: nftables(scene.namespaces),
      layout: firewallLayout,
      records: firewallRecords(scene.ctx),
      undo: async (owner) => await removeAttachment({ ...scene, owner }),
      claims: claimsOf(scene),
    });
    removeUnusedPolicies(scene.namespaces);
    new AddressClaims(scene).collect(garbage);
    await removeForwardAccept(scene);
  },
});

function partsOf(scene: Scene, attached: Attached): PartPiece[] {
  return PARTS[attached.backend].map((part) => part.want(scene, attached));
}

/** By the record; without one, in every way that any ADD could have chosen. */
async function removeAttachment(scene: Scene): Promise<void> {
  const records = firewallRecords(scene.ctx);
  const note = readNote(records.read(scene.owner)?.data);
  await (note === undefined ? removeUnrecorded(scene) : removeNoted(scene, note));
  records.remove(scene.owner);
  await removeForwardAccept(scene);
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
