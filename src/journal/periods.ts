import { defined } from "../base/index.ts";
import { type Attachment, attachmentKey } from "../spec/index.ts";
import type { JournalEntry } from "./entry.ts";
import type { HistoryEvent } from "./history.ts";
import type { Journal } from "./journal.ts";

/** For how long an attachment had its addresses. */
export interface Period extends Attachment {
  readonly netns: string;
  readonly addresses: readonly string[];
  /** Absent when it began before the history does. */
  readonly from?: string;
  /** Absent for an attachment that is there, and for one that went without a word, as by a reboot. */
  readonly to?: string;
  /** Whether the attachment is there now. */
  readonly present: boolean;
}

/** What is looked for. */
export interface PeriodFilter {
  /** In the form that results have, without the length of a prefix. */
  readonly address?: string;
  readonly at?: Date;
}

/** What a journal knows of the past and of now, the oldest first. */
export function readPeriods(journal: Journal, filter: PeriodFilter): Period[] {
  const present = journal.names().flatMap((name) => journal.readFile(name));
  return periodsOf(journal.history.all(), present).filter((each) => isIn(each, filter));
}

/** The periods of the history, and of what is there although the history does not reach back so far. */
export function periodsOf(
  events: readonly HistoryEvent[],
  present: readonly JournalEntry[],
): Period[] {
  const periods: Period[] = [];
  /** By attachment, the places of periods without an end. */
  const open = new Map<string, number>();
  const close = (key: string, to: string | undefined): boolean => {
    const at = open.get(key);
    const period = at === undefined ? undefined : periods[at];
    if (at === undefined || period === undefined) return false;
    periods[at] = { ...period, ...defined({ to }) };
    open.delete(key);
    return true;
  };
  for (const { event, time, network, containerId, ifName, netns, addresses } of events) {
    const key = attachmentKey({ network, containerId, ifName });
    const period = { network, containerId, ifName, netns, addresses, present: false };
    if (event === "detached") {
      if (!close(key, time)) periods.push({ ...period, to: time });
    } else {
      close(key, time);
      open.set(key, periods.push({ ...period, from: time }) - 1);
    }
  }
  for (const { network, containerId, ifName, netns, addresses } of present) {
    if (addresses === undefined) continue;
    const at = open.get(attachmentKey({ network, containerId, ifName }));
    const known = at === undefined ? undefined : periods[at];
    const period = { network, containerId, ifName, netns: netns.path, addresses, present: true };
    if (at === undefined || known === undefined) periods.push(period);
    else periods[at] = { ...known, present: true };
  }
  return periods;
}

export function isIn(period: Period, { address, at }: PeriodFilter): boolean {
  const { addresses, from, to } = period;
  const hasAddress =
    address === undefined || addresses.some((each) => each.split("/")[0] === address);
  if (!hasAddress || at === undefined) return hasAddress;
  const began = from === undefined || Date.parse(from) <= at.getTime();
  return began && (to === undefined || at.getTime() < Date.parse(to));
}
