import {
  changed,
  type Finding,
  type Kind,
  kindOf,
  made,
  removed,
  runAll,
  type Scene,
  type Standing,
  stays,
  unproved,
} from "../../../state/index.ts";
import { collectElements, nftables, staleElements } from "../../../state/nft-sets/index.ts";
import { foundNote } from "../../../state/owner/index.ts";
import { type FirewallBackend, parseLeniently } from "../config.ts";
import { allowAddresses, claimsOf, foundMarked, removeMarked } from "./allow.ts";
import { AddressClaims } from "./claims.ts";
import { firewalldZone } from "./firewalld.ts";
import { removeForwardAccept } from "./forward-accept.ts";
import { ingressPolicy, removeUnusedPolicies } from "./ingress-policy.ts";
import { iptablesRules } from "./iptables.ts";
import { removeGoneIsolation } from "./iptables-isolation.ts";
import { firewallLayout } from "./layout.ts";
import {
  type Attached,
  addressesOf,
  bridgeOf,
  type Part,
  type PartPiece,
  type Trace,
} from "./part.ts";
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

  compare: compareParts,

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
  found: foundAttachment,
  stale: (scene, garbage) =>
    staleElements({
      ...garbage,
      nft: nftables(scene.namespaces),
      layout: firewallLayout,
      records: firewallRecords(scene.ctx),
      claims: claimsOf(scene),
    }),

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

/** All of the parts as one step: kept when every part is, and refused when one is. */
async function compareParts(scene: Scene, attached: Attached): Promise<Standing> {
  const { addresses } = attached;
  if (addresses.length === 0) return made();
  const standings: Standing[] = [];
  for (const part of partsOf(scene, attached)) standings.push((await part.compare?.()) ?? made());
  const said = standings.flatMap(({ standing, now }) =>
    now === undefined || standing === "kept" ? [] : [now],
  );
  const now = said.length === 0 ? undefined : said.join("; ");
  if (standings.every(({ standing }) => standing === "kept")) return stays("it is so already");
  const isChange = standings.some(({ standing }) => standing !== "made");
  return isChange ? changed(now ?? "a part of it is there already") : made(now);
}

/** For a plan: what `removeAttachment` would remove. */
async function foundAttachment(scene: Scene): Promise<readonly Finding[]> {
  const records = firewallRecords(scene.ctx);
  const note = readNote(records.read(scene.owner)?.data);
  const texts: string[] = note === undefined ? foundMarked(scene) : [];
  const { trace, parts } = note === undefined ? unrecorded(scene) : recorded(note);
  for (const part of parts) texts.push(...(await part.found(scene, trace)));
  return [...[...new Set(texts)].map(removed), ...foundNote(records, scene.owner)];
}

function recorded(note: Note): { trace: Trace; parts: readonly Part[] } {
  return { trace: note, parts: PARTS[note.backend] };
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
  const { trace, parts } = unrecorded(scene);
  await runAll([
    () => removeMarked(scene),
    ...parts.map((part) => () => part.remove(scene, trace)),
  ]);
}

/** What the configuration and the result of the ADD tell, where there is no record. */
function unrecorded(scene: Scene): { trace: Trace; parts: readonly Part[] } {
  const { prevResult } = scene.ctx;
  const { backend = "firewalld", ...settings } = parseLeniently(scene.ctx);
  const trace = { ...settings, addresses: addressesOf(prevResult), bridge: bridgeOf(prevResult) };
  const zone = backend === "firewalld" ? [firewalldZone] : [];
  return { trace, parts: [ingressPolicy, ...zone, iptablesRules] };
}
