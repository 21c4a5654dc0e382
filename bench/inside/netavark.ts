import type { AttachmentParameters } from "../../tests/support/chain.ts";
import { must } from "../../tests/support/exec.ts";
import type { Subject } from "./subject.ts";

/**
 * Podman's netavark makes what dbnet is, as far as it can: a bridge with a gateway, masquerading, a
 * MAC address, one TCP port. It is one process for all; the address is given, since podman itself
 * takes it from its database; no sysctl is set. It speaks to iptables.
 */
export function netavark(program: string, attachment: AttachmentParameters): Subject {
  const request = JSON.stringify({
    container_id: attachment.containerId,
    container_name: "bench",
    port_mappings: [
      {
        container_ip: "",
        container_port: 80,
        host_ip: "",
        host_port: 18080,
        protocol: "tcp",
        range: 1,
      },
    ],
    networks: {
      dbnet: {
        interface_name: attachment.ifName,
        static_ips: ["10.1.0.2"],
        static_mac: "c2:11:22:33:44:55",
      },
    },
    network_info: {
      dbnet: {
        name: "dbnet",
        id: "1".padStart(64, "0"),
        driver: "bridge",
        network_interface: "cni0",
        subnets: [{ subnet: "10.1.0.0/16", gateway: "10.1.0.1" }],
        ipv6_enabled: false,
        internal: false,
        dns_enabled: false,
        ipam_options: { driver: "host-local" },
      },
    },
  });
  const call = async (verb: "setup" | "teardown"): Promise<void> => {
    await must([program, verb, attachment.netns], { stdin: request });
  };
  return { add: () => call("setup"), del: () => call("teardown") };
}
