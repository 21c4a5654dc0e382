import { hostname } from "node:os";
import type { MapForm, PathForm } from "../../forms/index.ts";
import { type MapFacts, mapOf, pathOf } from "../../topology/index.ts";
import { hostSide } from "../../view/host/index.ts";
import type { OnProblem } from "../../view/sources/index.ts";
import { attachmentForm } from "../form/index.ts";
import { badQuestion } from "../question/index.ts";
import { fleetsOf } from "./fleet.ts";
import { hostLinksOf } from "./links.ts";
import { networksOf } from "./networks.ts";
import { hostPortsOf } from "./ports.ts";
import { momentOf } from "./remembered.ts";
import type { AskedNode, Resource } from "./resource.ts";

/** While nothing tells what happens to the host, and while something does: a fleet's store tells nothing. */
const FRESH_MS = 1000;
const FRESH_TOLD_MS = 5000;

export const map: Resource = {
  path: "map",
  summary: "The node's network as a graph: what hangs on what, as `hawser map`.",
  parameters: [],
  form: "map",
  answer: async (node): Promise<MapForm> => await mapOfNode(node),
};

export const path: Resource = {
  path: "path",
  summary: "The way of a packet: to a container by a port of the host, or from an address.",
  parameters: [
    {
      name: "port",
      description: "A port of the host: `8080`, `tcp/8080`, `8080/tcp` or `192.0.2.1:8080`.",
    },
    { name: "address", description: "An address of a container." },
  ],
  form: "path",
  async answer(node, { query }): Promise<PathForm> {
    const [port, address] = [query.text("port"), query.text("address")];
    const asked = port ?? address;
    if (asked === undefined || (port !== undefined && address !== undefined)) {
      throw badQuestion("the query has to have port or address, one of them");
    }
    return pathOf(await mapOfNode(node), asked);
  },
};

/** One map for all that is asked of a revision. */
export async function mapOfNode(node: AskedNode): Promise<MapForm> {
  const { look, remembered } = node;
  const freshMs = look.happened === undefined ? FRESH_MS : FRESH_TOLD_MS;
  const name = { name: "map", revision: momentOf(look), freshMs };
  return await remembered.of(name, async () => mapOf(await factsOf(node)));
}

/** What a map is made of. What cannot be read is named by the resources that tell it. */
export async function factsOf(node: AskedNode): Promise<MapFacts> {
  const { look } = node;
  const quiet: OnProblem = () => undefined;
  const host = hostSide(look.view, quiet);
  const [{ networks }, { fleets }] = await Promise.all([networksOf(node), fleetsOf(node)]);
  return {
    attachments: look.view.attachments.map(attachmentForm),
    links: hostLinksOf(look.view, host).map(
      ({ attachments: _, addresses: __, gateways: ___, ...link }) => link,
    ),
    networks,
    ports: hostPortsOf(node),
    fleets,
    host: host && { ...host, hostname: hostname() },
  };
}
