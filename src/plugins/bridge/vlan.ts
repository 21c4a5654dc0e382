import type { vlan } from "../../kernel/route/index.ts";
import { type Rule, rule } from "../../plugin/index.ts";
import { invalidConfig } from "../../state/config/index.ts";

/** The largest VLAN that ports can be in; 4095 is reserved (IEEE 802.1Q). */
const VID_MAX = 4094;
/** What untagged frames of a trunk without `vlan` are. */
const NATIVE = 1;

/** The VLAN of untagged frames; 0 is none. */
export const vlanId: Rule<number> = rule({ minimum: 0, maximum: VID_MAX }, (id) => {
  if (id >= 0 && id <= VID_MAX) return;
  throw invalidConfig(`invalid VLAN ID ${id} (must be between 0 and ${VID_MAX})`);
});

/** A VLAN of a trunk, by the key that has it. */
export function trunkId(key: "minID" | "maxID" | "id"): Rule<number> {
  return rule({ minimum: 1, maximum: VID_MAX }, (vid) => {
    if (vid < 1 || vid > VID_MAX) throw invalidConfig(`incorrect trunk ${key} parameter`);
  });
}

/** An element of `vlanTrunk`. */
export interface TrunkKeys {
  readonly minID?: number | undefined;
  readonly maxID?: number | undefined;
  readonly id?: number | undefined;
}

/**
 * The VLANs of a port, neighbours in one range: `vlan` untagged, those of the trunk tagged. None
 * when the configuration has no VLANs at all. The numbers are those that the schema takes.
 * @throws CniError of code 7.
 */
export function parseVlans(id: number, trunk: readonly TrunkKeys[]): vlan.VlanRange[] {
  const tagged = new Set(trunk.flatMap(vidsOf));
  if (id === 0 && tagged.size === 0) return [];
  const native = id === 0 ? NATIVE : id;
  tagged.delete(native);
  return [{ first: native, last: native, pvid: true, untagged: true }, ...rangesOf(tagged)];
}

function vidsOf({ minID, maxID, id }: TrunkKeys): number[] {
  return [...span(minID, maxID), ...(id === undefined ? [] : [id])];
}

function span(first: number | undefined, last: number | undefined): number[] {
  if (first === undefined && last === undefined) return [];
  if (first === undefined || last === undefined) {
    const missing = first === undefined ? "minID" : "maxID";
    throw invalidConfig(
      `minID and maxID should be configured simultaneously, ${missing} is missing`,
    );
  }
  if (first > last) throw invalidConfig("minID is greater than maxID in trunk parameter");
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function rangesOf(vids: ReadonlySet<number>): vlan.VlanRange[] {
  const ranges: { first: number; last: number }[] = [];
  for (const vid of [...vids].toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && vid === last.last + 1) last.last = vid;
    else ranges.push({ first: vid, last: vid });
  }
  return ranges;
}
