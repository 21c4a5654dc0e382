/** Names that only this project would understand, each with what it is called instead. */

export interface PrivateWord {
  readonly word: string;
  readonly instead: string;
  /** Where the word means the wrong thing; everywhere when absent. */
  readonly under?: string;
}

const EVERYWHERE: Readonly<Record<string, string>> = {
  Sides: "Namespaces",
  PortForwardingStep: "a name with bridge port in it",
  Gate: "ForwardAcceptRule",
  FIRST_WORDS: "CHAINS_BEFORE_OURS",
  ThroughStep: "a name with allow in it",
  Home: "PinnedNetns",
  Homeward: "DeviceToReturn",
  atHome: "pinnedNetns",
  bringHome: "returnToHost",
  nameAtHome: "nameOnHost",
  threadPlace: "threadNetns",
  settle: "pin, wait, commit, resolve: what it does",
  LeaseBook: "LeaseManager",
  HeldLease: "ManagedLease",
  converse: "runTransaction",
  notingCalls: "recordDaemonCalls",
  noting: "recording",
  Handed: "ActivatedSockets",
  handedSockets: "socketsFromSystemd",
  childPlugin: "virtualLinkPlugin",
  ChildLink: "VirtualLink",
  ChildKind: "VirtualLinkKind",
  christen: "nameAndMark",
  birthplace: "creationSocket",
  quieten: "disableAutoconf",
  speaksOverLink: "releaseNeedsLink",
  needsOwnPlace: "a trait that says what is needed",
  Wiring: "BridgeAttachment, BandwidthAttachment",
  LinkScene: "LinkContext",
  LinkParts: "LinkPluginSpec",
  orRevert: "AsyncDisposableStack",
  afterRevert: "AsyncDisposableStack",
  afterCleanup: "AsyncDisposableStack",
  doAll: "runAll",
  isStirring: "hasForeignWriter",
  passedOver: "excluded",
  OUTLIVED: "STALE_ROUTE_ERRNOS",
  PlaceGone: "NetnsGone",
  ReservationPlace: "ReservationDir",
  BackupPlace: "BackupFile",
  RulePlace: "RulePosition",
  Place: "the noun that is meant: NetnsRunner, QueuePosition, CallScope",
};

const IN_THE_DAEMON: Readonly<Record<string, string>> = {
  Order: "CallScheduler",
  Ticket: "CallScope",
  Rest: "IdleTrimmer",
  Wish: "DeletionRequest",
  grant: "run",
  departed: "linkGone",
  relieve: "takeOver",
  welcome: "admit",
};

const IN_DHCP: Readonly<Record<string, string>> = {
  Keeper: "LeaseEvents",
  Topic: "Message",
  Ending: "TransactionOutcome",
  Patience: "RetryPolicy",
};

export const PRIVATE_WORDS: readonly PrivateWord[] = [
  ...wordsOf(EVERYWHERE),
  ...wordsOf(IN_THE_DAEMON, "src/daemon/"),
  ...wordsOf(IN_DHCP, "src/plugins/dhcp/"),
];

function wordsOf(table: Readonly<Record<string, string>>, under?: string): PrivateWord[] {
  return Object.entries(table).map(([word, instead]) => {
    return under === undefined ? { word, instead } : { word, instead, under };
  });
}
