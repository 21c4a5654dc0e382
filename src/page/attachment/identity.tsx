import type { VNode } from "preact";
import type { AttachmentDetailForm } from "../../forms/index.ts";
import { Fact } from "../parts/fact.tsx";
import { ViewLink } from "../parts/link.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { FullTime } from "../parts/time.tsx";
import { prettyJson } from "../words/json.ts";
import { podName } from "../words/names.ts";
import { joined } from "../words/text.ts";

const NETNS_WORDS: Readonly<Record<AttachmentDetailForm["netnsState"], string>> = {
  alive: "there",
  gone: "gone",
  replaced: "another one stands at its path",
  unknown: "not known",
};

/** Names, places, what knows of it, and the documents as they were. */
export function Identity({ of: detail }: { of: AttachmentDetailForm }): VNode {
  const { pod, netns, since, addresses } = detail;
  const [address] = addresses;
  return (
    <section class="card" aria-labelledby="identity">
      <div class="card-head">
        <h2 id="identity">Whose it is</h2>
        {address === undefined ? null : (
          <ViewLink to={{ view: "map", query: { address: address.split("/")[0] ?? "" } }}>
            Way of its packets on the map
          </ViewLink>
        )}
      </div>
      <div class="card-body">
        <dl class="facts">
          {pod === undefined ? null : (
            <Fact title="Pod">
              <Text of={podName(pod)} max={400} />
            </Fact>
          )}
          <Fact title="Container">
            <Mono of={detail.containerId} max={400} />
          </Fact>
          <Fact title="Namespace">
            <Mono of={netns === "" ? "none" : netns} max={400} />{" "}
            <span class="muted">({NETNS_WORDS[detail.netnsState]})</span>
          </Fact>
          <Fact title="Attached">
            {since === undefined ? <span class="muted">not known</span> : <FullTime of={since} />}
            {detail.earlierBoot ? <span> before the machine has booted</span> : null}
          </Fact>
          <Fact title="Known by">{joined(detail.sources)}</Fact>
          {detail.networkFile === undefined ? null : (
            <Fact title="Configured by">
              <Mono of={detail.networkFile} max={400} />
            </Fact>
          )}
          {detail.cacheFile === undefined ? null : (
            <Fact title="Remembered in">
              <Mono of={detail.cacheFile} max={400} />
            </Fact>
          )}
        </dl>
        <Document title="Network configuration of its ADD" value={detail.asked} />
        <Document title="Result of its ADD" value={detail.promised} />
      </div>
    </section>
  );
}

function Document({ title, value }: { title: string; value: unknown }): VNode | null {
  if (value === undefined) return null;
  return (
    <details class="document">
      <summary>{title}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <pre tabIndex={0}>{prettyJson(value)}</pre>
    </details>
  );
}
