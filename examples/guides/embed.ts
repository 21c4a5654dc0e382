import { loadNetwork, Runtime } from "hawser/runtime";

const runtime = new Runtime({ pluginDirs: ["/opt/cni/bin"], cacheDir: "/var/lib/cni" });
const { config } = loadNetwork("/etc/cni/net.d", "hellonet");
const container = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };

const { ips } = await runtime.add(config, container);
ips[0]?.address; // → "10.1.0.2/16"
await runtime.check(config, container); // → undefined
await runtime.del(config, container); // → undefined
