import type { VNode } from "preact";
import type { NodeForm } from "../../forms/index.ts";
import { Icon } from "../parts/icon.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Text } from "../parts/text.tsx";
import { Age } from "../parts/time.tsx";
import { RESOURCES } from "../source/resources.ts";
import type { Connection } from "../state/connection.ts";
import { printLocation, START } from "../state/location.ts";
import { useAnswer, usePage } from "../state/use-page.ts";
import { DAEMON_STATES, type StateWords } from "../words/states.ts";

/** Which node this is, how the page stands to it, and the page's own switches. */
export function Header(): VNode {
  const page = usePage();
  const node = useAnswer(RESOURCES.node).value;
  const theme = page.theme.chosen.value;
  const isByKey = page.singleKeys.chosen.value === "on";
  return (
    <header class="top">
      <a class="brand" href={printLocation(START)} aria-label="Hawser: to the map">
        <Logo />
        <span>Hawser</span>
      </a>
      {node === undefined ? null : <NodeName node={node} />}
      <ConnectionWord connection={page.connection.value} node={node} />
      <div class="switches">
        <button
          type="button"
          class="quiet"
          aria-label={`Colours: ${theme}; change`}
          title={`Colours: ${theme}${isByKey ? " (t)" : ""}`}
          onClick={() => page.theme.next()}
        >
          <Icon name={theme} />
        </button>
        <button
          type="button"
          class="quiet"
          aria-label="Keys and words"
          title={`Keys and words${isByKey ? " (?)" : ""}`}
          onClick={() => {
            page.isHelpOpen.value = true;
          }}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  );
}

function NodeName({ node }: { node: NodeForm }): VNode {
  return (
    <div class="node">
      <span class="hostname">
        <Text of={node.hostname} max={64} />
      </span>
      <span class="muted daemon">
        node daemon: <StateWord state={DAEMON_STATES[node.daemon]} />
      </span>
      <span class="muted version">
        <Text of={node.version} max={32} />
      </span>
    </div>
  );
}

const LIVE: StateWords = {
  ...{ word: "live", shape: "disc", tone: "good" },
  meaning: "changes of the node are shown as they happen",
};
const CONNECTING: StateWords = { word: "connecting", shape: "half", tone: "calm", meaning: "" };
const STALE: StateWords = {
  ...{ word: "not connected", shape: "triangle", tone: "warn" },
  meaning: "what is shown may be old",
};
const FORBIDDEN: StateWords = { word: "no access", shape: "cross", tone: "bad", meaning: "" };
const REPORT: StateWords = {
  ...{ word: "report", shape: "square", tone: "calm" },
  meaning: "a picture of the node at one time: it does not change",
};

function ConnectionWord(props: { connection: Connection; node: NodeForm | undefined }): VNode {
  const { connection, node } = props;
  if (connection.kind !== "report") {
    const words = { live: LIVE, connecting: CONNECTING, stale: STALE, forbidden: FORBIDDEN };
    return (
      <div class="connection">
        <StateWord state={words[connection.kind]} />
      </div>
    );
  }
  return (
    <div class="connection">
      <StateWord state={REPORT} />
      {node === undefined ? null : (
        <span class="muted">
          {" "}
          of <Age of={node.time} />
        </span>
      )}
    </div>
  );
}

/** A rope around a bollard. */
function Logo(): VNode {
  return (
    <svg class="logo" viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <path d="M8 3h8v3H8zM9.5 6h5v15h-5z" class="bollard" />
      <path d="M4 12c3 3.4 13 3.4 16 0M4 16c3 3.4 13 3.4 16 0" class="rope" fill="none" />
    </svg>
  );
}
