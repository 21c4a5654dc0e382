import { lstatSync } from "node:fs";
import { defined } from "../../base/index.ts";
import {
  isAbsent,
  moveIntoPlace,
  readOwn,
  unlinkIfThere,
  writeAside,
} from "../../state/files/index.ts";

/** What is recorded, and for how long. */
export interface Settings {
  /** ISO 8601, in UTC. */
  readonly since: string;
  /** After that nothing is recorded; absent: until it is switched off. */
  readonly until?: string;
  /** The networks whose calls are recorded; absent: all. */
  readonly networks?: readonly string[];
  /** The operations that are recorded; absent: all. */
  readonly operations?: readonly string[];
  /** All files together may have as many bytes. */
  readonly maxBytes: number;
}

/** In the memory of the node, where the state directory is by default. */
export const DEFAULT_MAX_BYTES: number = 16 * 1024 * 1024;
/** Far more than any settings have; a longer file is none of ours. */
const FILE_MAX = 64 * 1024;

/**
 * The switch of the recording: a file in the state directory, so that each process that serves calls
 * sees it at once. Where it is off, a look costs one system call.
 */
export class Switch {
  readonly path: string;
  /** The settings of the file that was read last, and what tells it from another. */
  #known: { readonly mark: string; readonly settings: Settings | undefined } | undefined;

  constructor(stateDir: string) {
    this.path = `${directoryOf(stateDir)}/on.json`;
  }

  /** What is recorded now; undefined when nothing is. */
  look(now: Date = new Date()): Settings | undefined {
    const settings = this.#read();
    const until = settings?.until;
    return until !== undefined && Date.parse(until) <= now.getTime() ? undefined : settings;
  }

  /** @throws SystemError */
  on(settings: Settings): void {
    const aside = `${this.path}.${process.pid}`;
    writeAside(aside, `${JSON.stringify(settings)}\n`);
    moveIntoPlace(aside, this.path);
  }

  /** @throws SystemError */
  off(): void {
    unlinkIfThere(this.path);
  }

  #read(): Settings | undefined {
    try {
      const status = lstatSync(this.path, { throwIfNoEntry: false });
      if (status === undefined) return undefined;
      const mark = `${status.ino} ${status.ctimeMs} ${status.size}`;
      if (this.#known?.mark !== mark) {
        this.#known = { mark, settings: settingsIn(readOwn(this.path, FILE_MAX)) };
      }
      return this.#known.settings;
    } catch {
      return undefined; // what cannot be read, or is no file of ours, switches nothing on
    }
  }
}

/** Where a node keeps its recording. */
export function directoryOf(stateDir: string): string {
  return `${stateDir}/recording`;
}

/** Whether this process may not look at a node's recording. @returns false where there is none */
export function isRefused(stateDir: string): boolean {
  try {
    lstatSync(`${directoryOf(stateDir)}/on.json`);
    return false;
  } catch (error) {
    return !isAbsent(error);
  }
}

function settingsIn(text: string): Settings | undefined {
  const json: unknown = JSON.parse(text);
  if (typeof json !== "object" || json === null) return undefined;
  const { since, until, networks, operations, maxBytes } = json as Readonly<
    Record<string, unknown>
  >;
  if (typeof since !== "string" || typeof maxBytes !== "number") return undefined;
  return {
    ...{ since, maxBytes },
    ...(typeof until === "string" ? { until } : {}),
    ...defined({ networks: textsOf(networks), operations: textsOf(operations) }),
  };
}

function textsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : undefined;
}
