import type { VNode } from "preact";
import type { HostPortForm, ListenerForm, PortsForm } from "../../forms/index.ts";
import { Answered, Empty, Problems } from "../parts/answered.tsx";
import { type Column, DataTable, searched } from "../parts/data-table.tsx";
import { AttachmentLink } from "../parts/link.tsx";
import { NothingLeft, Search } from "../parts/search.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Mono, Text } from "../parts/text.tsx";
import { ViewHead } from "../parts/view-head.tsx";
import { RESOURCES } from "../source/resources.ts";
import { printLocation } from "../state/location.ts";
import { useAnswer, usePage, usePods } from "../state/use-page.ts";
import { knownName } from "../words/names.ts";
import { PORT_STATES } from "../words/states.ts";
import { count } from "../words/text.ts";

/** Which ports of the host lead to which containers, as `hawser ports` says it. */
export function PortsView(): VNode {
  const answer = useAnswer(RESOURCES.ports);
  const said = answer.value === undefined ? undefined : count(answer.value.ports.length, "port");
  return (
    <>
      <ViewHead title="Ports" said={said}>
        <Search label="Search port, address, container …" />
      </ViewHead>
      <Answered answer={answer} what="ports">
        {(value) => (
          <>
            <Problems of={value.problems} />
            <Listing value={value} />
          </>
        )}
      </Answered>
    </>
  );
}

function Listing({ value }: { value: PortsForm }): VNode {
  const text = usePage().location.value.query["text"] ?? "";
  const pods = usePods();
  if (value.ports.length === 0) {
    return (
      <Empty title="No port of the host leads to a container">
        A runtime asks for a mapping with the capability portMappings, and the plugin portmap makes
        it.
      </Empty>
    );
  }
  const rows = searched(value.ports, text, (port) => [
    ...[`${port.protocol}/${port.hostPort}`, `${port.hostPort}/${port.protocol}`, port.hostIP],
    ...[`${port.address}:${port.containerPort}`, port.network, port.containerId, port.state],
    knownName(port, pods),
  ]);
  const columns = columnsOf(value);
  const caption = "Ports of the host";
  if (rows.length === 0) return <NothingLeft title="No port is like that" />;
  return <DataTable caption={caption} columns={columns} rows={rows} keyOf={keyOf} stacks />;
}

function keyOf({ protocol, hostIP, hostPort, containerId, address, ifName }: HostPortForm): string {
  return JSON.stringify([protocol, hostIP, hostPort, containerId, address, ifName]);
}

/**
 * A port as `hawser map --path` takes it: with the address that this mapping is of, where the port is also mapped
 * elsewhere.
 */
function askedOf({ protocol, hostIP, hostPort, address }: HostPortForm, isShared: boolean): string {
  if (!isShared) return portKey({ protocol, hostPort });
  const any = address.includes(":") ? "::" : "0.0.0.0";
  return `${hostText(hostIP ?? any)}:${hostPort}/${protocol}`;
}

/** Ports that several mappings have: of two addresses of the host, or of both families. */
function sharedPorts(ports: readonly HostPortForm[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(
    ports.map(portKey).filter((key) => {
      if (seen.has(key)) return true;
      seen.add(key);
      return false;
    }),
  );
}

function portKey({ protocol, hostPort }: Pick<HostPortForm, "protocol" | "hostPort">): string {
  return `${protocol}/${hostPort}`;
}

function hostText(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

function columnsOf({ ports, listeners }: PortsForm): Column<HostPortForm>[] {
  const shared = sharedPorts(ports);
  return [
    {
      title: "Port of the host",
      cell: (port) => (
        <a
          data-rove
          tabIndex={-1}
          class="mono"
          href={printLocation({
            view: "map",
            query: { port: askedOf(port, shared.has(portKey(port))) },
          })}
          title="The way of its packets on the map"
        >
          {port.hostIP === undefined ? "" : `${hostText(port.hostIP)}:`}
          {port.hostPort}/{port.protocol}
        </a>
      ),
    },
    { title: "State", cell: ({ state }) => <StateWord state={PORT_STATES[state]} /> },
    {
      title: "Leads to",
      cell: ({ address, containerPort }) => <Mono of={`${hostText(address)}:${containerPort}`} />,
    },
    { title: "Attachment", look: "named", cell: (port) => <AttachmentLink name={port} /> },
    { title: "Network", look: "wide", cell: ({ network = "" }) => <Text of={network} max={60} /> },
    // What no row has takes no room.
    ...(ports.some((port) => port.holder !== undefined || listenersAt(port, listeners).length > 0)
      ? [
          {
            title: "Also there",
            look: "wide",
            cell: (port: HostPortForm) => <AlsoThere port={port} listeners={listeners} />,
          },
        ]
      : []),
  ];
}

function listenersAt(
  { hostPort, protocol }: HostPortForm,
  listeners: readonly ListenerForm[],
): ListenerForm[] {
  return listeners.filter((each) => each.port === hostPort && each.protocol === protocol);
}

/** The attachment that has the port, a program that listens there. */
function AlsoThere(props: { port: HostPortForm; listeners: readonly ListenerForm[] }): VNode {
  const { port, listeners } = props;
  const { holder } = port;
  const same = listenersAt(port, listeners);
  return (
    <>
      {holder === undefined ? null : (
        <div>
          <AttachmentLink name={holder} /> has it
        </div>
      )}
      {same.map(({ address, process }) => (
        <div key={`${address} ${process?.pid}`}>
          {process === undefined ? "a program" : <Text of={process.name} max={40} />}
          {process === undefined ? null : <span class="muted"> ({process.pid})</span>} listens on{" "}
          <Mono of={address} />
        </div>
      ))}
    </>
  );
}
