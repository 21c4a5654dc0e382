import { plugin } from "../../src/plugins/firewall/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import type { Agent } from "./agent.ts";
import { run } from "./exec.ts";
import { forEachTest } from "./host-lab.ts";
import { type Member, type MemberCall, MemberLab } from "./member-lab.ts";

/** What a call of firewall is about. */
export interface FirewallCall extends MemberCall {
  readonly member: Member;
  /** In place of the member's; null for none. */
  readonly prevResult?: JsonObject | null;
  readonly cniVersion?: string;
  readonly valid?: JsonObject[];
}

/** Call it at the top of a test file. */
export function firewallLab(): FirewallLab {
  return forEachTest(new FirewallLab());
}

/** Containers 1 and 2 are behind br0, container 3 is behind br1; all serve on port 80. */
export class FirewallLab extends MemberLab<FirewallCall> {
  /** The machine's own system bus is none of ours. */
  protected override readonly env = {
    DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/nonexistent/bus",
  };

  constructor() {
    super(plugin);
  }

  override async open(): Promise<void> {
    await super.open();
    await this.addBridge(1);
    await this.addBridge(2);
    await this.join(1, 1);
    await this.join(2, 1);
    await this.join(3, 2);
    await this.outsideAgent.serve("tcp", 80);
    await this.hostAgent.serve("tcp", 80);
  }

  config(operation: Operation, call: FirewallCall): JsonObject {
    const { member, network, keys, prevResult, cniVersion, valid } = call;
    const isOfNode = operation === "GC" || operation === "STATUS";
    const result = prevResult === undefined ? member.prevResult : prevResult;
    return {
      cniVersion: cniVersion ?? (isOfNode ? "1.1.0" : "1.0.0"),
      name: network ?? "net1",
      type: "firewall",
      ...(isOfNode || result === null ? {} : { prevResult: result }),
      ...(operation === "GC" ? { "cni.dev/valid-attachments": valid ?? [] } : {}),
      ...keys,
    };
  }

  /** Whether TCP gets from one place to another: `from` asks port 80 of the address. */
  async reaches(from: Agent, address: string): Promise<boolean> {
    return !(await from.ask("tcp", address, 80)).startsWith("no answer");
  }

  /** Takes away records, flows and these tables alone. */
  async clear(tables: readonly string[]): Promise<void> {
    for (const table of tables) await run(["nft", "delete", "table", ...table.split(" ")]);
    await this.forget();
  }
}
