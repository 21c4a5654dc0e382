/** What the ADDs that wait on this node need. */
import type { Need } from "./member-port.ts";

export class Needs {
  #needs: readonly Need[] = [];

  /** These wait now, and no others. */
  replace(needs: readonly Need[]): void {
    this.#needs = needs;
  }

  get isEmpty(): boolean {
    return this.#needs.length === 0;
  }

  /** How many wait for any address of a subnet. */
  countIn(subnet: number): number {
    return this.#needs.filter((need) => need.subnet === subnet && isPlain(need)).length;
  }

  /** Those that wait for one address, or for that of a name. */
  get special(): readonly Need[] {
    return this.#needs.filter((need) => !isPlain(need));
  }

  /** The need for an address or a name, as letters name it. */
  named(text: string): Need | undefined {
    return this.special.find(({ address, sticky }) => (address?.toString() ?? sticky) === text);
  }

  /** Any address of the subnet can be had now. */
  served(subnet: number): void {
    this.#needs = this.#needs.filter((need) => need.subnet !== subnet || !isPlain(need));
  }

  /** A need has what it needs, or never will. */
  done(done: Need): void {
    const { address, sticky } = done;
    this.#needs = this.#needs.filter(
      (need) =>
        isPlain(need) || need.sticky !== sticky || need.address?.toString() !== address?.toString(),
    );
  }
}

function isPlain({ address, sticky }: Need): boolean {
  return address === undefined && sticky === undefined;
}
