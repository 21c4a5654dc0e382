import type { Revert, Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import type { Backup } from "./backup.ts";
import type { Before } from "./content.ts";

/** A step that a backup speaks of. */
export interface Tuned extends Step {
  /** What there is of what it is going to change; asked inside of the container. */
  before(): Partial<Before>;
}

/**
 * Stands before the steps of what is tuned: the file is written once, before anything is changed,
 * and removed after everything is as it was.
 */
export class BackupStep implements Step {
  readonly name = "backup";
  readonly #namespaces: Namespaces;
  readonly #backup: Backup;
  readonly #tuned: readonly Tuned[];

  constructor(namespaces: Namespaces, backup: Backup, tuned: readonly Tuned[]) {
    this.#namespaces = namespaces;
    this.#backup = backup;
    this.#tuned = tuned;
  }

  describe(): string {
    return `${this.#backup.path} keeps what is there before`;
  }

  apply(): Revert {
    return this.#backup.keep(this.#namespaces.inside(() => this.#before()));
  }

  #before(): Before {
    let before: Before = { attributes: {}, sysctls: [] };
    for (const step of this.#tuned) before = { ...before, ...step.before() };
    return before;
  }

  check(): void {}

  undo(): void {
    this.#backup.remove();
  }
}
