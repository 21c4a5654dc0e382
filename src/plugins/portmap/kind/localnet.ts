import type { Ip } from "../../../addr/index.ts";
import { errorText } from "../../../base/index.ts";
import { route } from "../../../kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../../kernel/sysctl/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import { differs, type Kind, type Piece, type Rollback, type Scene } from "../../../state/index.ts";

/**
 * Lets the host reach mapped ports by its loopback address: packets from 127.0.0.1 may then leave
 * by the link that leads to the container, where they are masqueraded. The link is shared by other
 * containers, so DEL leaves the switch as it is.
 */
export const localnet: Kind<Ip> = {
  name: "loopback routing",
  want: (scene, address) => new LocalnetPiece(scene, address),
};

class LocalnetPiece implements Piece {
  readonly name = "loopback routing";
  readonly #scene: Scene;
  readonly #address: Ip;

  constructor(scene: Scene, address: Ip) {
    this.#scene = scene;
    this.#address = address;
  }

  describe(): string {
    return `127.0.0.1 of the host may reach ${this.#address.toString()}`;
  }

  apply(rollback: Rollback): void {
    const key = this.#key();
    if (key === undefined || readSysctl(key) === "1") return;
    try {
      writeSysctl(key, "1");
    } catch (cause) {
      const reason = errorText(cause);
      throw new CniError(ErrorCode.IO_FAILURE, `unable to enable route_localnet: ${reason}`, {
        cause,
      });
    }
    rollback.defer(() => writeSysctl(key, "0"));
  }

  check(): void {
    const key = this.#key();
    if (key !== undefined && readSysctl(key) !== "1") throw differs(`${key} is not 1`);
  }

  #key(): string | undefined {
    const { namespaces } = this.#scene;
    const index = route.get(namespaces.host, { dst: this.#address })?.index;
    const out = index === undefined ? undefined : namespaces.hostLinks.get({ index });
    return out === undefined ? undefined : `net/ipv4/conf/${out.name}/route_localnet`;
  }
}
