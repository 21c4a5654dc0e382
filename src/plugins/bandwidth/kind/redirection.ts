import type { link } from "../../../kernel/route/index.ts";
import { differs, type Finding, type Kind, kindOf, removed } from "../../../state/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";
import { hostEndsLeft, staleHostEnds } from "./host-end.ts";
import { type LinkFinder, ownDevices, staleDevices } from "./ifb.ts";
import { addRedirection, removeRedirection, targetsOf } from "./ingress.ts";

/** What comes in by the host's end goes through the device. */
interface WantedRedirection {
  readonly host: LinkFinder;
  readonly device: LinkFinder;
}

/** What a filter has for a target that is gone. */
const GONE = 0;

/** An ingress qdisc with a filter that every packet matches. */
export const redirection: Kind<WantedRedirection> = kindOf({
  name: "redirection",
  describe: () => "what comes from the container goes through the ifb device",

  apply({ namespaces }, wanted, rollback) {
    const [host, device] = [wanted.host.link(), wanted.device.link()];
    rollback.defer(() => removeRedirection(namespaces, host, [device.index]));
    addRedirection(namespaces, host, device);
  },

  restore({ namespaces }, wanted) {
    const [host, device] = [wanted.host.link(), wanted.device.link()];
    removeRedirection(namespaces, host, [GONE, device.index]);
    addRedirection(namespaces, host, device);
  },

  check({ namespaces }, wanted) {
    const [host, device] = [wanted.host.link(), wanted.device.link()];
    const targets = targetsOf(namespaces, host);
    if (targets === undefined) throw differs(`${host.name} has no ingress qdisc`);
    if (targets.includes(device.index)) return;
    const instead = targets.length === 0 ? "no filter redirects it" : "it goes elsewhere";
    throw differs(`what comes in by ${host.name} does not go through ${device.name}: ${instead}`);
  },

  undo(scene) {
    const targets = [GONE, ...ownDevices(scene).map(({ index }) => index)];
    for (const host of hostEndsLeft(scene)) removeRedirection(scene.namespaces, host, targets);
  },

  collect(scene, garbage) {
    const targets = [GONE, ...staleDevices(scene, garbage)];
    for (const host of staleHostEnds(scene, garbage)) {
      removeRedirection(scene.namespaces, host, targets);
    }
  },

  found(scene) {
    const targets = [GONE, ...ownDevices(scene).map(({ index }) => index)];
    return findingsOf(scene.namespaces, hostEndsLeft(scene), targets);
  },

  stale(scene, garbage) {
    const targets = [GONE, ...staleDevices(scene, garbage)];
    return findingsOf(scene.namespaces, staleHostEnds(scene, garbage), targets);
  },
});

function findingsOf(
  namespaces: Namespaces,
  hosts: readonly link.Link[],
  targets: readonly number[],
): Finding[] {
  const led = hosts.filter((host) =>
    targetsOf(namespaces, host)?.some((target) => targets.includes(target)),
  );
  return led.map(({ name }) => removed(`redirection of what comes in by ${name}`));
}
