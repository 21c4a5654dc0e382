import { writeFileSync } from "node:fs";
import { plugin } from "../../src/plugins/portmap/index.ts";
import type { JsonObject, Operation } from "../../src/spec/index.ts";
import { forEachTest } from "./host-lab.ts";
import { type MemberCall, MemberLab } from "./member-lab.ts";

/** What a call of portmap is about. */
export interface PortCall extends MemberCall {
  readonly mappings?: readonly object[] | undefined;
}

/** Call it at the top of a test file: a lab with so many containers on its bridge. */
export function portLab(containers: number): PortLab {
  return forEachTest(new PortLab(containers));
}

export class PortLab extends MemberLab<PortCall> {
  readonly #containers: number;

  constructor(containers: number) {
    super(plugin);
    this.#containers = containers;
  }

  override async open(): Promise<void> {
    await super.open();
    await this.addBridge(1);
    for (let number = 1; number <= this.#containers; number++) await this.join(number, 1);
  }

  override async end(): Promise<void> {
    await super.end();
    for (const link of ["br0", "uplink", "all"]) {
      writeFileSync(`/proc/sys/net/ipv4/conf/${link}/route_localnet`, "0");
    }
  }

  config(operation: Operation, { member, network, mappings, keys }: PortCall): JsonObject {
    const hasResult = ["ADD", "CHECK", "DEL"].includes(operation) && member !== undefined;
    return {
      cniVersion: operation === "GC" || operation === "STATUS" ? "1.1.0" : "1.0.0",
      name: network ?? "net1",
      type: "portmap",
      ...(mappings === undefined
        ? {}
        : { runtimeConfig: { portMappings: [...mappings] as JsonObject[] } }),
      ...(hasResult ? { prevResult: member.prevResult } : {}),
      ...keys,
    };
  }
}
