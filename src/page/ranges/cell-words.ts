import type { AttachmentNameForm } from "../../forms/index.ts";
import { shortId } from "../words/names.ts";
import { ADDRESS_USES } from "../words/states.ts";
import { shown } from "../words/text.ts";
import { blockOf, type Cell, fullness, type Use } from "./fold.ts";

/** Uses in the order in which they matter: a cell of many bears the sign of the first that it has. */
const ORDER: readonly Use[] = [
  "leaked",
  "in use",
  "reserved",
  "gateway",
  "excluded",
  "free",
  "outside",
];

/** What a single address is for. */
export function useOf({ counts }: Cell): Use {
  return ORDER.find((use) => counts[use] > 0) ?? "free";
}

export function useWord(use: Use): string {
  return use === "outside" ? "not of the range" : ADDRESS_USES[use].word;
}

/** A cell in one sentence, for its title and for those that hear it. */
export function cellText(cell: Cell): string {
  const { counts, size, first, run } = cell;
  if (size > 1) {
    const parts = ORDER.filter((use) => counts[use] > 0).map((use) => {
      return `${counts[use].toLocaleString("en")} ${useWord(use)}`;
    });
    return `${blockOf(cell)}: ${Math.round(fullness(cell))} % full; ${parts.join(", ")}`;
  }
  const owner = run?.pod ?? (run?.containerId === undefined ? "" : shortId(run.containerId));
  const by = owner === "" ? "" : `, ${shown(owner, 100)}`;
  return `${first.toString()}: ${useWord(useOf(cell))}${by}`;
}

/** What stands in a cell: how full it is in per cent, or the sign of a use. */
export function cellSign(cell: Cell): string {
  if (cell.size > 1) {
    const full = fullness(cell);
    if (cell.counts.leaked > 0) return "!";
    return full === 0 ? "" : full < 1 ? "<1" : String(Math.round(full));
  }
  const use = useOf(cell);
  return use === "outside" ? "" : ADDRESS_USES[use].sign;
}

/** How strong the colour of a cell of many is, from 0 to 5. */
export function cellLevel(cell: Cell): number {
  const full = fullness(cell);
  return full === 0 ? 0 : 1 + Math.min(4, Math.floor(full / 20));
}

/** The attachment that has a single address, where all of its names are known. */
export function cellOwner({ run }: Cell, network: string): AttachmentNameForm | undefined {
  const { containerId, ifName } = run ?? {};
  if (containerId === undefined || ifName === undefined) return undefined;
  return { network, containerId, ifName };
}
