import type { Ip } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import { route } from "../../../kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Revert, type Step } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/**
 * Lets the host reach mapped ports by its loopback address: packets from 127.0.0.1 may then leave
 * by the link that leads to the container, where they are masqueraded.
 */
export class LocalnetStep implements Step {
  readonly name = "loopback routing";
  readonly #namespaces: Namespaces;
  readonly #address: Ip;

  constructor(namespaces: Namespaces, address: Ip) {
    this.#namespaces = namespaces;
    this.#address = address;
  }

  describe(): string {
    return `127.0.0.1 of the host may reach ${this.#address.toString()}`;
  }

  apply(): Revert | undefined {
    const key = this.#key();
    if (key === undefined || readSysctl(key) === "1") return undefined;
    try {
      writeSysctl(key, "1");
    } catch (cause) {
      const reason = errorText(cause);
      throw new CniError(ErrorCode.IO_FAILURE, `unable to enable route_localnet: ${reason}`, {
        cause,
      });
    }
    return () => {
      writeSysctl(key, "0");
    };
  }

  check(): void {
    const key = this.#key();
    if (key !== undefined && readSysctl(key) !== "1") throw differs(`${key} is not 1`);
  }

  /** The link is shared by other containers, so the switch stays. */
  undo(): void {}

  #key(): string | undefined {
    const found = route.get(this.#namespaces.host, { dst: this.#address });
    const index = found?.index;
    const out = index === undefined ? undefined : this.#namespaces.hostLinks.get({ index });
    return out === undefined ? undefined : `net/ipv4/conf/${out.name}/route_localnet`;
  }
}
