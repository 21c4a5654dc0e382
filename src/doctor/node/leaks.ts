/** What is left behind: attachments without a container, addresses and links without an attachment. */
import { shellWord } from "../../base/index.ts";
import type {
  NodeAttachment,
  FindingName as ViewFindingName,
} from "../../view/attachments/index.ts";
import type { FindingName } from "../catalogue.ts";
import { LOOK, type Report } from "../report.ts";
import type { NodeStage } from "./stage.ts";

/** So many findings of a kind are named; of the others there is a count. */
const TOLD = 10;

export const leaks: NodeStage = {
  name: "attachments",
  title: "attachments",
  look({ node }, report) {
    const { view, places } = node;
    for (const dir of [...places.cacheDirs, places.stateDir, places.dataDir]) report.look(dir);
    const told = new Map<FindingName, number>();
    for (const one of view.attachments) tell(report, one, told);
    for (const [name, count] of told) {
      if (count <= TOLD) continue;
      const remedy = name === "reservation-leaked" ? "hawser ls --state leak" : "hawser ls";
      report.find(name, `${count - TOLD} more attachments are like that`, remedy);
    }
    for (const { source, text } of view.problems) {
      const remedy = source.startsWith("/") ? `ls -l ${shellWord(source)}` : LOOK;
      report.find("source-unreadable", `${source}: ${text}`, remedy);
    }
    const count = view.attachments.length;
    report.pass(`${count} attachment${count === 1 ? "" : "s"}, and each has its container`);
  },
};

function tell(report: Report, one: NodeAttachment, told: Map<FindingName, number>): void {
  const { network, containerId, ifName } = one;
  for (const { name, text, remedy } of one.findings) {
    const own = nameOf(name, one);
    // An ADD may be under way at this moment.
    if (own === undefined || (name === "unfinished" && !remedy.startsWith("hawser"))) continue;
    const count = (told.get(own) ?? 0) + 1;
    told.set(own, count);
    if (count > TOLD) continue;
    const [command = ""] = remedy.split(", then ");
    report.find(own, `${containerId} (${ifName || "?"}) in ${network}: ${text}`, command);
  }
}

/** Frees all that is held for what nothing knows of; `network` as a word of a shell. */
export function freeingLeaks(network: string): string {
  return `hawser ls ${network} --state leak -q | xargs -rn1 hawser del ${network} --id`;
}

/** The name that an examination of the container has for the same. */
const NAMES: Readonly<Partial<Record<ViewFindingName, FindingName>>> = {
  "earlier-boot": "attachment-of-earlier-boot",
  "netns-gone": "namespace-gone",
  "netns-replaced": "namespace-replaced",
  unfinished: "add-unfinished",
  "no-reservation": "reservation-missing",
  "reservation-of-another": "address-of-two",
  "address-twice": "address-of-two",
  "link-missing": "host-end-missing",
  "link-down": "host-end-down",
  "link-off-bridge": "not-on-bridge",
  "interface-down": "interface-down",
};

function nameOf(name: ViewFindingName, { reservations }: NodeAttachment): FindingName | undefined {
  if (name !== "no-attachment") return NAMES[name];
  return reservations.length > 0 ? "reservation-leaked" : "link-leaked";
}
