import type { Keys } from "../index.ts";

/** The order of keys: that of their bytes, which for UTF-8 is that of their characters' numbers. */
export function compareKeys(left: string, right: string): number {
  if (left === right) return 0;
  return isAscii(left) && isAscii(right)
    ? left < right
      ? -1
      : 1
    : Buffer.compare(Buffer.from(left), Buffer.from(right));
}

export function isOf(keys: Keys, key: string): boolean {
  if ("key" in keys) return keys.key === key;
  return compareKeys(keys.from, key) <= 0 && compareKeys(key, keys.end) < 0;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/u.test(text);
}
