import type { link } from "../../../kernel/route/index.ts";
import { differs, type Kind, kindOf } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { ownHostLinks, type VethPair } from "../../../state/veth/index.ts";
import type { BridgeLink } from "./link.ts";

/** BR_STATE_DISABLED of linux/if_bridge.h. */
const BR_STATE_DISABLED = 0;

/** A link of the host as a port of a bridge. */
interface WantedPort {
  readonly bridge: BridgeLink;
  readonly pair: VethPair;
  /** The piece that makes the link has let it join already. */
  readonly isJoined: boolean;
  readonly hairpin: boolean;
  readonly isolated: boolean;
}

/** The host's end enslaved to the bridge and up; it goes with the pair. */
export const bridgePort: Kind<WantedPort> = kindOf({
  name: "bridge port",

  describe(_scene, { bridge, hairpin, isolated }) {
    const flags = `${hairpin ? ", hairpin" : ""}${isolated ? ", isolated" : ""}`;
    return `the host's end joins ${bridge.wantedName}${flags}`;
  },

  apply({ namespaces: { hostLinks } }, { bridge, pair, hairpin, isolated, isJoined }) {
    const { host: index } = pair.indexes();
    if (!isJoined) hostLinks.set(index, { master: bridge.index(), up: true });
    // Both are off in a new port, and old kernels know only one of them.
    if (hairpin || isolated) {
      hostLinks.setPort(index, {
        ...(hairpin ? { hairpin } : {}),
        ...(isolated ? { isolated } : {}),
      });
    }
  },

  restore({ namespaces: { hostLinks } }, { bridge, pair, hairpin, isolated }) {
    const port = pair.hostEnd();
    const master = bridge.present().index;
    if (port.master !== master || !port.up) hostLinks.set(port.index, { master, up: true });
    // Old kernels know only one of them, so each is set where it differs.
    if (hairpin !== (port.port?.hairpin ?? false)) hostLinks.setPort(port.index, { hairpin });
    if (isolated !== (port.port?.isolated ?? false)) hostLinks.setPort(port.index, { isolated });
  },

  check(_scene, { bridge, pair, hairpin, isolated }) {
    const port = pair.hostEnd();
    if (port.master !== bridge.present().index) {
      throw differs(`${port.name} is no port of bridge ${bridge.wantedName}`);
    }
    if (!port.up) throw differs(`${port.name} is down`);
    if (hairpin !== (port.port?.hairpin ?? false)) {
      throw differs(`hairpin mode of ${port.name} is ${hairpin ? "off" : "on"}`);
    }
    if (isolated !== (port.port?.isolated ?? false)) {
      throw differs(`isolation of ${port.name} is ${isolated ? "off" : "on"}`);
    }
  },

  undo({ namespaces, owner }) {
    for (const port of ownHostLinks(namespaces, owner)) silence(namespaces, port);
  },
});

/**
 * Stops a port from forwarding before its address is given back: the next owner of the address must
 * not meet the old link. Taking it off the bridge would say the same, and cost a grace period of the
 * kernel.
 */
function silence({ hostLinks }: Namespaces, port: link.Link): void {
  if (port.master === undefined) return;
  try {
    hostLinks.setPort(port.index, { state: BR_STATE_DISABLED });
  } catch {
    // Down already, or gone: then it forwards nothing.
  }
}
