/**
 * A program as an outsider bundles it: plugins that run in this very process. Where there is no Bun, it is
 * one of the program's own.
 */
import { Prefix } from "hawser/addr";
import { ruleLine, verdict } from "hawser/nftables";
import { definePlugin } from "hawser/plugin";
import { InProcessPlugins, loadPlugin } from "hawser/plugins";
import { networkFromText, Runtime } from "hawser/runtime";
import { LATEST } from "hawser/spec";

const address = Prefix.parse("10.1.0.2/24").toString();
const fixed = definePlugin({ name: "fixed", add: () => ({ ips: [{ address }] }), del() {} });
const type = process.versions["bun"] === undefined ? "fixed" : "static";
const plugins = [{ type, ipam: { type, addresses: [{ address }] } }];

const executor = new InProcessPlugins({ plugins: { fixed } });
const runtime = new Runtime({ pluginDirs: [], cacheDir: "cache", executor });
const network = networkFromText(JSON.stringify({ cniVersion: LATEST, name: "dbnet", plugins }));
const container = { containerId: "web-1", netns: "/run/netns/web-1", ifName: "eth0" };
const { ips } = await runtime.add(network, container);
await runtime.del(network, container);
const rule = ruleLine({ expressions: verdict("accept") });
console.log(ips[0]?.address, rule, (await loadPlugin("bridge")).name);
