import { Ip } from "../../../src/addr/index.ts";
import type { NetlinkRequest } from "../../../src/kernel/netlink/index.ts";
import { link, neighbour, RouteSocket } from "../../../src/kernel/route/index.ts";
import { type Scene, type Transcript, Writer } from "./script.ts";

/** A VXLAN device with its forwarding entries; only for kernels that have it. */
export function playForwarding({ host }: Scene): Transcript {
  const writer = new Writer();
  const say = writer.say.bind(writer);
  using onHost = RouteSocket.open(host);
  const vxlan = { id: 77, local: Ip.parse("10.0.0.1"), learning: false, port: 8472 };
  const spec = { name: "vx7", kind: "vxlan", mtu: 1450, address: "02:00:00:00:00:07", vxlan };
  const settings = (): unknown => {
    const found = link.get(onHost, { name: "vx7" });
    const { id, local, learning, port } = found?.vxlan ?? {};
    return [found?.kind, found?.mtu, found?.address, id, `${local}`, learning, port];
  };
  say("make a device", () => link.add(onHost, { ...spec, up: true }));
  say("make it again", () => link.add(onHost, spec));
  say("its settings", settings);
  const index = link.get(onHost, { name: "vx7" })?.index ?? 0;
  const local = Ip.parse("10.0.0.2");
  say("it moves", () => link.set(onHost, index, { vxlan: { id: 77, local } }));
  say("its settings then", settings);
  const address = "02:00:00:00:00:09";
  const dst = Ip.parse("10.0.0.9");
  const request = (message: NetlinkRequest): unknown => onHost.batch([message]);
  const all = (): unknown =>
    neighbour
      .listForwarding(onHost, { index })
      .map((each) => [each.address, `${each.dst}`, each.state, each.flags]);
  say("no entries", all);
  say("an entry", () => request(neighbour.newForwardingMessage({ index, address, dst })));
  say("it again", () => request(neighbour.newForwardingMessage({ index, address, dst })));
  say("entries", all);
  const other = { index, address, dst: local };
  say("elsewhere", () => request(neighbour.replaceForwardingMessage(other)));
  say("entries then", all);
  say("forget it", () => request(neighbour.deleteForwardingMessage({ index, address })));
  say("forget it again", () => request(neighbour.deleteForwardingMessage({ index, address })));
  say("no entries at last", all);
  say("of no link", () => neighbour.listForwarding(onHost, { index: 999 }).length);
  return writer.transcript;
}
