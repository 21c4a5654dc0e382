/** Times as people read them: in the reader's zone, which is named, and how long ago. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What is nearer than this is now: clocks of node and reader differ by as much. */
const NOW = 5 * SECOND;

/** How long before `now` something was, such as `3 min ago`. */
export function age(at: number, now: number): string {
  const ms = now - at;
  if (!Number.isFinite(ms)) return "";
  if (Math.abs(ms) < NOW) return "just now";
  return ms < 0 ? `in ${span(-ms)}` : `${span(ms)} ago`;
}

/** A length of time in its largest unit, such as `12 s`, `3 min`, `2 days`. */
export function span(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} days`;
}

export interface TimeForm {
  /** Of `Intl`; undefined is the reader's. */
  readonly locale?: string;
  readonly zone?: string;
}

/** Date and time with the zone's name; empty for what is no time. */
export function fullTime(at: number, { locale, zone }: TimeForm = {}): string {
  if (!Number.isFinite(at)) return "";
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "long",
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(at);
}

/** A time on an axis that spans so many milliseconds: with seconds, minutes or days, as far as they tell times apart. */
export function axisTime(at: number, whole: number, { locale, zone }: TimeForm = {}): string {
  const parts: Intl.DateTimeFormatOptions =
    whole < 10 * MINUTE
      ? { hour: "numeric", minute: "2-digit", second: "2-digit" }
      : whole < 2 * DAY
        ? { hour: "numeric", minute: "2-digit" }
        : { month: "short", day: "numeric" };
  const zoned = zone === undefined ? {} : { timeZone: zone };
  return new Intl.DateTimeFormat(locale, { ...parts, ...zoned }).format(at);
}

/** The name of the reader's zone, such as `Europe/Berlin`. */
export function zoneName(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Milliseconds with as many digits as say something. */
export function duration(ms: number): string {
  if (ms >= 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms >= 100) return `${Math.round(ms)} ms`;
  return ms >= 10 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(2)} ms`;
}
