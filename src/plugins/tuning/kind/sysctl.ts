import { defined, errorText } from "../../../base/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Revert } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { Backup } from "./backup.ts";
import type { Tuned } from "./backup-step.ts";
import type { Before, OriginalSysctl } from "./content.ts";

/** One setting of the container's namespace. */
export interface Sysctl {
  /** As the configuration has it, for messages. */
  readonly key: string;
  /** Below /proc/sys, such as `net/core/somaxconn`. */
  readonly path: string;
  readonly value: string;
}

/** What the step works on. */
export interface SysctlSettings {
  readonly namespaces: Namespaces;
  readonly backup: Backup;
  /** In the order in which they are set; empty for DEL, which goes by the backup. */
  readonly sysctls: readonly Sysctl[];
  /** Told what DEL could not restore. */
  readonly log: (text: string) => void;
}

/** Settings under /proc/sys/net. The values they had are noted before the first one is changed. */
export class SysctlStep implements Tuned {
  readonly name = "sysctl";
  readonly #settings: SysctlSettings;

  constructor(settings: SysctlSettings) {
    this.#settings = settings;
  }

  describe(): string {
    return this.#settings.sysctls.map(({ path, value }) => `${path} = ${value}`).join(", ");
  }

  /** One that stands twice, by dots and by slashes, is noted once. */
  before(): Partial<Before> {
    return { sysctls: [...new Map(this.#settings.sysctls.flatMap(original))] };
  }

  apply(): Revert {
    const { namespaces, backup, sysctls } = this.#settings;
    const revert = (): void => {
      const failures = restore(namespaces, backup.now.sysctls);
      if (failures.length > 0) throw new CniError(ErrorCode.IO_FAILURE, failures.join("; "));
    };
    try {
      namespaces.inside(() => {
        for (const { key, path, value } of sysctls) {
          guarded(key, () => writeSysctl(path, value));
        }
      });
    } catch (error) {
      revert();
      throw error;
    }
    return revert;
  }

  check(): void {
    const { namespaces, sysctls } = this.#settings;
    for (const { key, path, value } of sysctls) {
      const current = guarded(key, () => present(path, namespaces));
      // The kernel prints several numbers with tabs, whatever they were written with.
      if (words(current) === words(value)) continue;
      throw differs(
        `sysctl ${path} is ${JSON.stringify(current)}, should be ${JSON.stringify(value)}`,
      );
    }
  }

  /** Restores what the backup has. Where that cannot be done it is told, and no reason to fail. */
  undo(): void {
    const { namespaces, backup, log } = this.#settings;
    const originals = backup.restorable()?.sysctls ?? [];
    for (const failure of restore(namespaces, originals)) log(`tuning: ${failure}`);
  }
}

/** In the container. Nothing for what can only be written: there is nothing to go back to. */
function original({ key, path }: Sysctl): OriginalSysctl[] {
  return guarded(key, () => {
    try {
      return [[path, readSysctl(path)] as const];
    } catch (error) {
      if (isKernelError(error, Errno.EACCES, Errno.EPERM, Errno.EINVAL, Errno.EIO)) return [];
      throw error;
    }
  });
}

/**
 * Sets the values again, the last first. A switch such as `all/forwarding` changes others with it,
 * so those are looked at once more. Gives what failed.
 */
function restore(namespaces: Namespaces, originals: readonly OriginalSysctl[]): string[] {
  if (originals.length === 0) return [];
  const failures = new Set<string>();
  const note = (what: string, error: unknown): void => {
    const reason = errorText(error);
    failures.add(`cannot restore ${what}: ${reason}`);
  };
  const backwards = originals.toReversed();
  try {
    namespaces.inside(() => {
      for (const [path, value] of [...backwards, ...backwards]) {
        try {
          if (readSysctl(path) !== value) writeSysctl(path, value);
        } catch (error) {
          // What belonged to an interface that is gone went with it.
          if (!isKernelError(error, Errno.ENOENT)) note(`sysctl ${path}`, error);
        }
      }
    });
  } catch (error) {
    note("sysctls", error);
  }
  return [...failures];
}

/** What CHECK finds: the setting goes with its interface. */
function present(path: string, namespaces: Namespaces): string {
  try {
    return readSysctl(path, namespaces.netns);
  } catch (error) {
    if (isKernelError(error, Errno.ENOENT)) throw differs(`sysctl ${path} is missing`);
    throw error;
  }
}

/** An error that says which setting it was: 7 where the configuration is to blame, else 5. */
function guarded<T>(key: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof CniError) throw cause;
    const reason = errorText(cause);
    const isConfig = isKernelError(
      cause,
      ...[Errno.ENOENT, Errno.EINVAL, Errno.ERANGE, Errno.EISDIR, Errno.ENOTDIR],
    );
    const code = isConfig ? ErrorCode.INVALID_NETWORK_CONFIG : ErrorCode.IO_FAILURE;
    const details = isKernelError(cause, Errno.ENOENT)
      ? "the container's namespace has no such setting"
      : undefined;
    throw new CniError(code, `failed to set sysctl ${JSON.stringify(key)}: ${reason}`, {
      ...defined({ details }),
      cause,
    });
  }
}

function words(text: string): string {
  return text.trim().split(/\s+/u).join(" ");
}
