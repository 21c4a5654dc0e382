import { readdirSync } from "node:fs";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";

/** Sysctls of a device of the host: key → value. */
export type Settings = ReadonlyMap<string, string>;

/** Reads what can be read of the sysctls that a device has; they are gone when it leaves. */
export function captureSettings(name: string): Settings {
  const settings = new Map<string, string>();
  for (const family of ["ipv4", "ipv6"]) {
    const directory = `net/${family}/conf/${name}`;
    for (const key of keysIn(`/proc/sys/${directory}`)) {
      const value = settingOf(`${directory}/${key}`);
      if (value !== undefined) settings.set(`${directory}/${key}`, value);
    }
  }
  return settings;
}

/** Writes those that have another value now; what the kernel does not take is left alone. */
export function restoreSettings(settings: Settings): void {
  for (const [key, value] of settings) {
    if (settingOf(key) === value) continue;
    try {
      writeSysctl(key, value);
    } catch {
      // Some can only be read.
    }
  }
}

function keysIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // without IPv6
  }
}

function settingOf(key: string): string | undefined {
  try {
    return readSysctl(key);
  } catch {
    return undefined;
  }
}
