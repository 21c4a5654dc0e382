import { vlan } from "../../../kernel/route/index.ts";
import { differs, type Kind, kindOf, type Scene } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { VethPair } from "../../../state/veth/index.ts";

/** The VLANs that a port should be in. */
interface WantedVlans {
  readonly pair: VethPair;
  readonly vlans: readonly vlan.VlanRange[];
  /** VLANs that the port got from its bridge stay. */
  readonly keepDefault: boolean;
}

/** The VLAN table of a port; it goes with the port. */
export const portVlans: Kind<WantedVlans> = kindOf({
  name: "VLANs",
  describe: (_scene, { vlans }) => `the bridge port is in ${vlans.map(show).join(", ")}`,

  apply: setVlans,
  restore: setVlans,

  check({ namespaces }, { pair, vlans, keepDefault }) {
    const port = pair.hostEnd();
    const found = expand(vlansOf(namespaces, port.index));
    const wanted = expand(vlans);
    for (const [vid, treatment] of wanted) {
      const real = found.get(vid);
      if (real === undefined) throw differs(`${port.name} is not in VLAN ${vid}`);
      if (real !== treatment) {
        throw differs(`${port.name} is in VLAN ${vid} ${real}, not ${treatment}`);
      }
    }
    const stray = [...found.keys()].find((vid) => !wanted.has(vid));
    if (stray !== undefined && !keepDefault) throw differs(`${port.name} is also in VLAN ${stray}`);
  },
});

function setVlans({ namespaces }: Scene, { pair, vlans, keepDefault }: WantedVlans): void {
  const { host: index } = pair.indexes();
  const given = keepDefault ? [] : vlansOf(namespaces, index);
  if (given.length > 0) vlan.delete(namespaces.host, { index }, given);
  vlan.add(namespaces.host, { index }, vlans);
}

/** The table of one port or bridge. */
export function vlansOf(namespaces: Namespaces, index: number): readonly vlan.VlanRange[] {
  return vlan.list(namespaces.host).find((table) => table.index === index)?.ranges ?? [];
}

function expand(ranges: readonly vlan.VlanRange[]): Map<number, string> {
  const all = new Map<number, string>();
  for (const range of ranges) {
    for (let vid = range.first; vid <= range.last; vid++) all.set(vid, treatment(range));
  }
  return all;
}

function treatment({ pvid = false, untagged = false }: vlan.VlanRange): string {
  return `${untagged ? "untagged" : "tagged"}${pvid ? " and by default" : ""}`;
}

function show(range: vlan.VlanRange): string {
  const { first, last } = range;
  return `${first === last ? first : `${first}-${last}`} ${treatment(range)}`;
}
