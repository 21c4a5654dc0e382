/** Tables of the kernel that hold so many entries and no more. */
import { neighbour } from "../kernel/route/index.ts";
import { type HostFacts, sysctlNumber } from "./facts/host.ts";
import type { Report } from "./report.ts";

const COUNT = "net/netfilter/nf_conntrack_count";
const MAX = "net/netfilter/nf_conntrack_max";
/** Nine tenths, from where on it is said that little is left. */
const NEARLY = 0.9;

/** Looks at the table of tracked connections, and at those of neighbours. */
export function lookAtLimits(host: HostFacts, report: Report): void {
  const notes = [
    conntrack(report),
    ...([4, 6] as const).map((family) => table(host, report, family)),
  ];
  report.pass(notes.filter((text) => text !== "").join("; ") || "no table has a limit here");
}

function conntrack(report: Report): string {
  const [count, max] = [sysctlNumber(COUNT), sysctlNumber(MAX)];
  report.look(`sysctl ${COUNT}, ${MAX}`);
  if (count === undefined || max === undefined || max === 0) return "";
  const more = `sysctl -w net.netfilter.nf_conntrack_max=${max * 2}`;
  if (count >= max) {
    report.find(
      "conntrack-full",
      `the kernel tracks ${count} connections of at most ${max}: new ones are dropped`,
      more,
    );
  } else if (count >= max * NEARLY) {
    report.find(
      "conntrack-nearly-full",
      `the kernel tracks ${count} connections of at most ${max}: little is left`,
      more,
    );
  }
  return `${count} of ${max} connections`;
}

function table(host: HostFacts, report: Report, family: 4 | 6): string {
  const key = `net/ipv${family}/neigh/default/gc_thresh3`;
  const max = sysctlNumber(key);
  if (max === undefined || max === 0) return ""; // a namespace other than the first has no limit of its own
  report.look(`sysctl ${key}`);
  const isCounted = ({ state }: neighbour.Neighbour): boolean =>
    (state & (neighbour.NUD_PERMANENT | neighbour.NUD_NOARP)) === 0;
  const count = neighbour.list(host.socket, { family, where: isCounted }).length;
  if (count >= max) {
    report.find(
      "neighbour-table-full",
      `the host knows ${count} IPv${family} neighbours of at most ${max}: new ones are not resolved`,
      `sysctl -w net.ipv${family}.neigh.default.gc_thresh3=${max * 2}`,
    );
  }
  return `${count} of ${max} IPv${family} neighbours`;
}
