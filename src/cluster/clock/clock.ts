import type { Chance, Clock } from "../../fleet/index.ts";
import { boottimeMs } from "../../kernel/sys/index.ts";
import { sleep } from "../../state/index.ts";
import { readBootId } from "../../state/owner/index.ts";

/** The clock of this machine. */
export class BootClock implements Clock {
  readonly boot: string = readBootId();

  now(): number {
    return boottimeMs();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await sleep(ms, signal);
  }
}

const RANGE = 2 ** 32;

/** A number of at least 0 and less than 1, from the kernel's source of chance. */
export const chance: Chance = () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / RANGE;
