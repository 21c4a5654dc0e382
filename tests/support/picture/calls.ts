import type { AttachmentForm, CallForm, CallGroupForm } from "../../../src/forms/index.ts";
import { named } from "./attachments.ts";

const MINUTE = 60_000;
const ERROR_NO_ADDRESS = 100;

/** An ADD and, for every third, a DEL and an ADD before it. */
export function groupsOf(each: AttachmentForm, index: number, now: number): CallGroupForm[] {
  const at = now - (index + 1) * 7 * MINUTE;
  const slow = index % 11 === 5 ? 8 : 1 + ((index * 7) % 5) / 10;
  const add = groupOf(each, "ADD", `${index}`, at, slow, index % 13 === 6);
  return index % 3 === 0
    ? [add, groupOf(each, "DEL", `${index}d`, at - MINUTE, slow / 2, false)]
    : [add];
}

function groupOf(
  each: AttachmentForm,
  operation: string,
  seed: string,
  at: number,
  slow: number,
  failed: boolean,
): CallGroupForm {
  const id = new Bun.CryptoHasher("sha256").update(`call ${seed}`).digest("hex").slice(0, 16);
  const step = (name: string, text: string, begun: number, ms: number, plugin = "bridge") => {
    return { plugin, step: name, text, at: begun * slow, ms: ms * slow };
  };
  const error = { code: ERROR_NO_ADDRESS, msg: "no address of 10.1.0.0/24 is free" };
  const ipam: CallForm = {
    ...{ id: `${id}i`, operation, plugin: "host-local", door: "in process", at: 5.1 * slow },
    ...{ ms: 1.1 * slow, exitCode: failed ? 1 : 0, steps: [], calls: [] },
    ...(failed ? { error } : {}),
  };
  const bridge: CallForm = {
    ...{ id, operation, plugin: "bridge", door: "daemon", at: 0, ms: 9.6 * slow },
    ...{ exitCode: failed ? 1 : 0, ...(failed ? { error } : {}), calls: [ipam] },
    steps: [
      step("namespace record", "the cookie is noted", 0.2, 0.3),
      step("bridge", "cni0 is there already", 0.6, 0.4),
      step("veth pair", "eth0 in the container, its peer on the host", 1.1, 3.8),
      step("addresses", "from host-local", 5, 1.3),
      ...(failed
        ? []
        : [
            step("interface", "addresses, up, routes", 6.4, 1.2),
            step("masquerade", "an element of the set", 7.7, 1.6),
          ]),
    ],
  };
  const portmap: CallForm = {
    ...{ id: `${id}p`, operation, plugin: "portmap", door: "executable", at: 0 },
    time: new Date(at + Math.round(10.4 * slow)).toISOString(),
    ...{ ms: 4.2 * slow, exitCode: 0, calls: [] },
    steps: [step("ports", "elements of the map", 0.9, 2.4, "portmap")],
  };
  return {
    ...{ ...named(each), id, time: new Date(at).toISOString(), operation, netns: each.netns },
    ...{ pod: each.pod, runtime: "containerd", failed, ms: (failed ? 9.8 : 14.8) * slow },
    calls: failed ? [bridge] : [bridge, portmap],
  };
}
