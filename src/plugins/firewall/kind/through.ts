import { Ip } from "../../../addr/index.ts";
import { orRevert, type Revert, type Step } from "../../../state/index.ts";
import { AttachmentElements, nftables, type WantedElement } from "../../../state/nft-sets/index.ts";
import { type Firewall, familiesOf } from "./firewall.ts";
import { Gate } from "./gate.ts";
import { containerElements, firewallLayout } from "./layout.ts";

/** Packets from the container, and the answers to them, pass the host. */
export class ThroughStep implements Step {
  readonly name = "let through";
  readonly #firewall: Firewall;
  readonly #isRecorded: boolean;
  readonly #elements: AttachmentElements;

  /** `isRecorded` says that the addresses are known to be those of ADD. */
  constructor(firewall: Firewall, isRecorded = true) {
    this.#firewall = firewall;
    this.#isRecorded = isRecorded;
    const { namespaces, owner } = firewall;
    this.#elements = new AttachmentElements(nftables(namespaces), firewallLayout, owner);
  }

  describe(): string {
    return this.#firewall.addresses.map(String).join(", ");
  }

  async apply(): Promise<Revert> {
    const takeBack = this.#elements.add(this.#wanted());
    const revert = async (): Promise<void> => {
      await takeBack();
      await this.#closeGate();
    };
    const families = familiesOf(this.#firewall.addresses);
    return await orRevert(revert, async () => await this.#gate().open(families));
  }

  async check(): Promise<void> {
    this.#elements.check(this.#wanted(), {
      what: "firewall",
      element: ({ key }) => Ip.fromBytes(key).toString(),
    });
    await this.#gate().check(familiesOf(this.#firewall.addresses));
  }

  undo(): void {
    this.#elements.remove(this.#isRecorded ? this.#wanted() : undefined);
  }

  /** Only when the table is gone again, so when nobody else was let through. */
  async #closeGate(): Promise<void> {
    const { namespaces, env } = this.#firewall;
    await Gate.close(nftables(namespaces), env);
  }

  #gate(): Gate {
    const { namespaces, env, settings } = this.#firewall;
    return new Gate(nftables(namespaces), env, settings);
  }

  #wanted(): WantedElement[] {
    const { addresses, settings } = this.#firewall;
    return containerElements(addresses, settings.markBit);
  }
}
