import { join } from "node:path";
import { areBuilt, directoryOf, type GoPrograms, goInstall } from "../support/go-install.ts";

/** The CNI project's cnitool, and with it libcni: changing the version is one line. */
const CNITOOL: GoPrograms = {
  module: "github.com/containernetworking/cni",
  version: "v1.3.1",
  packages: ["cnitool"],
  folder: "cnitool",
};

/** The built program. */
export const GO_CNITOOL: string = join(directoryOf(CNITOOL), "cnitool");

/** What is missing when it is not there; undefined when it is. */
export function cnitoolMissing(): string | undefined {
  return areBuilt(CNITOOL)
    ? undefined
    : "Go's cnitool (Go and the module proxy, tests/peers/build-peers.ts)";
}

/** Builds it; returns the reason when that is not possible here. */
export async function buildCnitool(): Promise<string | undefined> {
  return await goInstall(CNITOOL);
}
