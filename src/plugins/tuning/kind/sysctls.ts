import { defined, errorText } from "../../../base/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";
import { type Attachment, CniError, ErrorCode } from "../../../spec/index.ts";
import {
  changed,
  differs,
  made,
  type Rollback,
  type Scene,
  type Standing,
  stays,
} from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { Before, OriginalSysctl } from "./content.ts";
import { type Tuned, throwAny } from "./tuned.ts";
import { verifyWritableSysctls } from "./writable.ts";

/** One setting of the container's namespace. */
export interface Sysctl {
  /** As the configuration has it, for messages. */
  readonly key: string;
  /** Below /proc/sys, such as `net/core/somaxconn`. */
  readonly path: string;
  readonly value: string;
}

/** Settings under /proc/sys/net, in the order in which they are set. */
export class Sysctls implements Tuned {
  readonly name = "sysctl";
  readonly #namespaces: Namespaces;
  readonly #owner: Attachment;
  readonly #wanted: readonly Sysctl[];
  #originals: readonly OriginalSysctl[] = [];

  constructor({ namespaces, owner }: Scene, wanted: readonly Sysctl[]) {
    this.#namespaces = namespaces;
    this.#owner = owner;
    this.#wanted = wanted;
  }

  describe(): string {
    return this.#wanted.map(({ path, value }) => `${path} = ${value}`).join(", ");
  }

  /** Settings of an interface that is not there yet come with it. */
  compare(): Standing {
    const { ifName } = this.#owner;
    const isComing = ({ path }: Sysctl): boolean =>
      path.split("/").includes(ifName) &&
      this.#namespaces.containerLinks.get({ name: ifName }) === undefined;
    const there = this.#wanted.filter((each) => !isComing(each));
    const before = this.#namespaces.inside(() => there.flatMap(original));
    const wanted = new Map(there.map(({ path, value }) => [path, value]));
    const other = before.filter(([path, now]) => words(now) !== words(wanted.get(path) ?? now));
    if (other.length > 0) {
      return changed(other.map(([path, now]) => `${path} is ${words(now)}`).join(", "));
    }
    return there.length < this.#wanted.length ? made() : stays("it is so already");
  }

  /** One that stands twice, by dots and by slashes, is noted once. */
  before(): Partial<Before> {
    const all = this.#namespaces.inside(() => this.#wanted.flatMap(original));
    this.#originals = [...new Map(all)];
    return { sysctls: this.#originals };
  }

  apply(rollback: Rollback): void {
    rollback.defer(() => throwAny(restoreSysctls(this.#namespaces, this.#originals)));
    this.#namespaces.inside(() => {
      for (const { key, path, value } of this.#wanted) guarded(key, () => writeSysctl(path, value));
    });
  }

  restore(): void {
    this.#namespaces.inside(() => {
      for (const { key, path, value } of this.#wanted) guarded(key, () => writeSysctl(path, value));
    });
  }

  check(): void {
    this.#namespaces.inside(() => {
      for (const { key, path, value } of this.#wanted) {
        const current = guarded(key, () => present(path));
        // The kernel prints several numbers with tabs, whatever they were written with.
        if (words(current) === words(value)) continue;
        throw differs(
          `sysctl ${path} is ${JSON.stringify(current)}, should be ${JSON.stringify(value)}`,
        );
      }
    });
  }

  ready(): void {
    verifyWritableSysctls();
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
export function restoreSysctls(
  namespaces: Namespaces,
  originals: readonly OriginalSysctl[],
): string[] {
  if (originals.length === 0) return [];
  const failures = new Set<string>();
  const note = (what: string, error: unknown): void => {
    failures.add(`cannot restore ${what}: ${errorText(error)}`);
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

/** For a plan: which of the originals are not so now, in words. */
export function changedSysctls(
  namespaces: Namespaces,
  originals: readonly OriginalSysctl[],
): string[] {
  if (originals.length === 0) return [];
  return namespaces.inside(() =>
    originals.flatMap(([path, value]) => {
      try {
        return readSysctl(path) === value ? [] : [`sysctl ${path} = ${words(value)}`];
      } catch {
        return []; // what belonged to an interface that is gone went with it
      }
    }),
  );
}

/** What CHECK finds: the setting goes with its interface. */
function present(path: string): string {
  try {
    return readSysctl(path);
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
    const { ENOENT, EINVAL, ERANGE, EISDIR, ENOTDIR } = Errno;
    const isConfig = isKernelError(cause, ENOENT, EINVAL, ERANGE, EISDIR, ENOTDIR);
    const code = isConfig ? ErrorCode.INVALID_NETWORK_CONFIG : ErrorCode.IO_FAILURE;
    const details = isKernelError(cause, ENOENT)
      ? "the container's namespace has no such setting"
      : undefined;
    throw new CniError(code, `failed to set sysctl ${JSON.stringify(key)}: ${errorText(cause)}`, {
      ...defined({ details }),
      cause,
    });
  }
}

function words(text: string): string {
  return text.trim().split(/\s+/u).join(" ");
}
