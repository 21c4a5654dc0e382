import { InProcessPlugins } from "hawser/plugins";
import { networkFrom, Runtime } from "hawser/runtime";

const executor = new InProcessPlugins();
const runtime = new Runtime({ executor, pluginDirs: [], cacheDir: "/var/lib/web" });
const ranges = [[{ subnet: "10.1.0.0/24" }]];
const ipam = { type: "host-local", dataDir: "/var/lib/web", ranges };
const plugins = [{ type: "bridge", isGateway: true, ipMasq: true, ipam }];
const network = networkFrom({ cniVersion: "1.1.0", name: "web", plugins });
const container = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
console.log((await runtime.add(network, container)).ips[0]?.address); // 10.1.0.2/24
