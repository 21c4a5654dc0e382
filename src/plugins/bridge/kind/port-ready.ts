import { type link, RTNLGRP_LINK } from "../../../kernel/route/index.ts";
import { waitFor } from "../../../state/events/index.ts";
import { differs, type Kind, kindOf, type Scene, tryAgain } from "../../../state/index.ts";
import type { VethPair } from "../../../state/veth/index.ts";
import type { BridgeLink } from "./link.ts";

/** BR_STATE_ values of linux/if_bridge.h. */
const BR_STATE_DISABLED = 0;
const BR_STATE_LISTENING = 1;
const BR_STATE_LEARNING = 2;
const BR_STATE_FORWARDING = 3;

/** Longest wait for a port to forward, in milliseconds. */
const FORWARDING_TIMEOUT_MS = 2_500;

/** What tells how long to wait. */
interface WantedReadiness {
  readonly bridge: BridgeLink;
  readonly pair: VethPair;
  /** Receives the host's end as it was last seen. */
  readonly seen: (port: link.Link) => void;
}

/** The port forwards, so that a container that was added can talk at once. */
export const bridgePortReady: Kind<WantedReadiness> = kindOf({
  name: "bridge port ready",
  describe: () => "the bridge port forwards",

  apply: waitUntilReady,

  /** A spanning tree decides by itself; without one only a program has put the port to silence. */
  async restore(scene, wanted) {
    const { bridge, pair } = wanted;
    const { index, port } = pair.hostEnd();
    if (port?.state === BR_STATE_DISABLED && bridge.link().bridge?.stp !== true) {
      scene.namespaces.hostLinks.setPort(index, { state: BR_STATE_FORWARDING });
    }
    await waitUntilReady(scene, wanted);
  },

  check(_scene, { bridge, pair }) {
    const port = pair.hostEnd();
    if (!isReady(port, bridge)) throw differs(`bridge port ${port.name} does not forward`);
  },
});

async function waitUntilReady(
  { namespaces, ctx }: Scene,
  { bridge, pair, seen }: WantedReadiness,
): Promise<void> {
  const look = (): link.Link => {
    namespaces.hostLinks.forget();
    const port = pair.hostEnd();
    seen(port);
    return port;
  };
  const found = await waitFor({
    netns: undefined,
    groups: [RTNLGRP_LINK],
    look: () => (isReady(look(), bridge) ? true : undefined),
    timeoutMs: FORWARDING_TIMEOUT_MS,
    signal: ctx.signal,
  });
  if (found === true) return;
  const port = look();
  throw tryAgain(`bridge port in error state: ${port.name} does not forward`, {
    details: `state ${port.port?.state ?? "unknown"}, operstate ${port.operstate}`,
  });
}

function isReady({ port }: link.Link, bridge: BridgeLink): boolean {
  if (port?.state === BR_STATE_FORWARDING) return true;
  // A spanning tree listens and learns for many seconds before it lets a port forward.
  const isBuilding = port?.state === BR_STATE_LISTENING || port?.state === BR_STATE_LEARNING;
  return isBuilding && bridge.link().bridge?.stp === true;
}
