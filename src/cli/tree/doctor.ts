/** The command that says why a container has no network. */
import { Option } from "commander";
import type { DoctorOptions } from "../command/doctor.ts";
import * as read from "../values.ts";
import { addRuntimeOptions } from "./options.ts";
import type { Tree } from "./tree.ts";

export function addDoctor({ program, io, finish }: Tree): void {
  const doctor = program
    .command("doctor")
    .description("tell why a container has no network, or what is wrong with the node")
    .argument(
      "[container]",
      "its ID or the beginning, pod, namespace, or network; without it: the node",
    )
    .addOption(
      new Option(
        "--to <address:port>",
        "where it sends to, and it does not arrive; /udp for UDP",
      ).argParser(read.readTarget),
    )
    .option("--trace", "with --to: send one real packet, and follow it through the kernel")
    .option("-i, --ifname <name>", "this interface of it alone", read.readIfName)
    .option("-v, --verbose", "print what was looked at, too");
  addRuntimeOptions(doctor).action(
    async (container: string | undefined, options: DoctorOptions) => {
      const { runDoctor } = await import("../command/doctor.ts");
      finish(await runDoctor(io, container, options));
    },
  );
}
