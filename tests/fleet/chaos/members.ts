import { EtcdCluster } from "../../support/etcd.ts";
import { must } from "../../support/exec.ts";

const BRIDGE = "fleetlan";
const NAMES = ["etcd1", "etcd2", "etcd3"];

/** Three members of etcd on the network between the nodes of a lab, each with a namespace of its own. */
export class Members implements AsyncDisposable {
  readonly etcd: EtcdCluster;

  private constructor(etcd: EtcdCluster) {
    this.etcd = etcd;
  }

  static async start(): Promise<Members> {
    for (const [at, name] of NAMES.entries()) {
      await must(["ip", "netns", "add", name]);
      const peer = ["peer", "name", "eth0", "netns", name];
      await must(["ip", "link", "add", name, "type", "veth", ...peer]);
      await must(["ip", "link", "set", name, "master", BRIDGE, "up"]);
      const inside = ["ip", "-n", name];
      await must([...inside, "address", "add", `${addressOf(at)}/16`, "dev", "eth0"]);
      for (const link of ["lo", "eth0"]) await must([...inside, "link", "set", link, "up"]);
    }
    const members = NAMES.map((netns, at) => ({ netns, address: addressOf(at) }));
    return new Members(await EtcdCluster.start({ members }));
  }

  async cut(at: number): Promise<void> {
    await must(["ip", "link", "set", NAMES[at] ?? "", "down"]);
  }

  async heal(at: number): Promise<void> {
    await must(["ip", "link", "set", NAMES[at] ?? "", "up"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.etcd[Symbol.asyncDispose]();
    for (const name of NAMES) {
      await must(["ip", "link", "delete", name]);
      await must(["ip", "netns", "delete", name]);
    }
  }
}

function addressOf(at: number): string {
  return `10.99.255.${at + 1}`;
}
