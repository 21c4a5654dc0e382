import { boottimeMs } from "../../kernel/sys/index.ts";
import { readBootId } from "../../state/owner/index.ts";
import type { Contents } from "./contents.ts";
import type { LeaseRecord, Line } from "./line.ts";

/** A lease that ends so long from now; the time in which the machine sleeps counts. */
export function leaseFrom(id: string, seconds: number): LeaseRecord {
  const endsAt = Math.ceil(boottimeMs() + seconds * 1000);
  return { id, seconds, boot: readBootId(), endsAt };
}

/** A start of the machine ends every lease of an earlier one. */
function hasEnded({ boot, endsAt }: LeaseRecord): boolean {
  return boot !== readBootId() || endsAt <= boottimeMs();
}

/** Milliseconds until the next lease ends; 0 when one has. */
export function untilNextEnd({ leases }: Contents): number {
  const now = boottimeMs();
  return [...leases.values()].reduce(
    (least, lease) => Math.min(least, hasEnded(lease) ? 0 : lease.endsAt - now),
    Number.POSITIVE_INFINITY,
  );
}

/** What the log has to say of leases that have ended: each is one revision, if it had keys. */
export function endedLeases(contents: Contents): Line[] {
  const ended = [...contents.leases.values()].filter(hasEnded);
  let { revision } = contents;
  return ended.map(({ id }) => {
    const line = endOf(id, contents, revision + 1);
    if ("revision" in line) revision += 1;
    return line;
  });
}

export function endOf(id: string, contents: Contents, revision: number): Line {
  const changes = contents.keysOf(id).map((key) => ({ delete: key }));
  return changes.length === 0 ? { ended: id } : { revision, changes, ended: id };
}
