import { Errno, KernelError } from "../../../src/kernel/sys/index.ts";

/** A request may be refused, or be carried out while its answer is lost. */
export type Fault = "refused" | "lost";

/** Counts what is asked of a kernel in memory, and lets one request fail. */
export class Faults {
  #count = 0;
  #next: { readonly at: number; readonly fault: Fault } | undefined;

  /** How often the kernel was asked: openings, datagrams, visits of namespaces and sysctls. */
  get count(): number {
    return this.#count;
  }

  /** Whether a fault is set that no request has met so far. */
  get isPending(): boolean {
    return this.#next !== undefined;
  }

  /** The nth request from now on fails, and no other. */
  set(nth: number, fault: Fault): void {
    this.#next = { at: this.#count + nth, fault };
  }

  clear(): void {
    this.#next = undefined;
  }

  /** Does what was asked for, unless the fault is due. `lose` throws an answer away. */
  meet<T>(what: string, work: () => T, lose?: () => void): T {
    this.#count++;
    if (this.#count !== this.#next?.at) return work();
    const { fault } = this.#next;
    this.#next = undefined;
    if (fault === "lost" && lose !== undefined) {
      work();
      lose();
    }
    throw new KernelError(what, Errno.ENOBUFS);
  }
}
