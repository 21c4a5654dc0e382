import { quoted } from "../../base/index.ts";
import { invalidConfig } from "../../spec/index.ts";

/** What a duration of a configuration looks like: `30s`, `10m`, `24h`, `7d`. */
export const DURATION: string = String.raw`^\d{1,6}(?:s|m|h|d)$`;

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Milliseconds of a text such as `24h`.
 * @throws CniError of code 7 for what is none
 */
export function parseDuration(key: string, text: string): number {
  const unit = new RegExp(DURATION, "u").test(text) ? UNITS[text.slice(-1)] : undefined;
  if (unit !== undefined) return Number(text.slice(0, -1)) * unit;
  throw invalidConfig(
    `invalid ${key} ${quoted(text)}`,
    "expected a whole number with its unit: 30s, 10m, 24h, 7d",
  );
}
