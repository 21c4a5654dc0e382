#!/bin/sh
# A chained plugin: keeps containers away from addresses, such as a cloud's metadata service.
#
#     {"type": "prohibit", "to": ["169.254.169.254/32", "fd00:ec2::254/128"]}
#
# It makes routes of the type "prohibit" in the container, and runs jq, ip and nsenter.
set -uf
export LC_ALL=C
newline='
'
versions='["0.3.0","0.3.1","0.4.0","1.0.0","1.1.0"]'
version=1.1.0

# fail CODE MESSAGE [DETAILS]: errors go to stdout, where runtimes read them.
fail() {
  jq -nc --arg version "$version" --argjson code "$1" --arg msg "$(printf %.300s "$2")" \
    --arg details "${3-}" '{cniVersion: $version, code: $code, msg: $msg, details: $details}'
  exit 1
}

# The parameters come in the environment. Each that the operation needs has to be there, and a name
# has to be one, before anything is done with it. CHECK came with version 0.4.0, GC and STATUS later.
operation=${CNI_COMMAND-}
since=0.3.0
needed=
case $operation in
ADD) needed='CNI_CONTAINERID CNI_IFNAME CNI_NETNS' ;;
CHECK) needed='CNI_CONTAINERID CNI_IFNAME CNI_NETNS' since=0.4.0 ;;
DEL) needed='CNI_CONTAINERID CNI_IFNAME' ;;
GC) needed=CNI_PATH since=1.1.0 ;;
STATUS) since=1.1.0 ;;
VERSION) ;;
*) fail 4 "CNI_COMMAND is no operation: $operation" ;;
esac
missing=
for variable in $needed; do
  eval "value=\${$variable-}"
  case $variable=$value in
  *=) missing="$missing $variable" ;;
  CNI_CONTAINERID=[!a-zA-Z0-9]* | CNI_CONTAINERID=*[!a-zA-Z0-9_.-]*)
    fail 4 "$variable is no container ID: $value" ;;
  CNI_IFNAME=. | CNI_IFNAME=.. | CNI_IFNAME=*[[:space:]/:]* | CNI_IFNAME=????????????????*)
    fail 4 "$variable is no name of an interface: $value" ;;
  esac
done
[ -z "$missing" ] || fail 4 "$operation needs$missing"

if [ "$operation" = VERSION ]; then
  asked=$(head -c 16000000 | jq -rn 'input.cniVersion | strings[:20]' 2>/dev/null)
  jq -nc --arg version "${asked:-$version}" --argjson versions "$versions" \
    '{cniVersion: $version, supportedVersions: $versions}'
  exit
fi

# The configuration comes on stdin. Two lines are made of it: a code, the version and a message, where
# code 0 has the network and the addresses instead, none with a blank in it; and what ADD answers.
read_request='
  def must(condition; code; message):
    if condition then . else error({code: code, message: message}) end;
  def shown: tojson[:80];
  def name: type == "string" and test("\\A[a-zA-Z0-9][a-zA-Z0-9_.-]*\\z");
  def prefix: type == "string" and test("\\A[0-9a-fA-F.:]+/[0-9]+\\z");
  def list: if . == null then true else type == "array" end;
  def result: (.interfaces | list) and (.routes | list) and (.ips | list)
    and all(.ips[]?; type == "object" and (.address | prefix));
  def attachment: type == "object" and (.containerID | name) and (.ifname | type == "string");

  (first((.[0] | objects | .cniVersion), null) | if . == "" or . == null then "0.1.0" else . end)
    as $version
  | any($versions[]; . == $version) as $known
  | try (
      must(length == 1 and (.[0] | type == "object"); 6; "the configuration is not one JSON object")
      | .[0]
      | must($version | type == "string"; 6; "cniVersion is not a string: \($version | shown)")
      | must($known; 1; "cniVersion \($version | shown) is none of \($versions | join(", "))")
      | must($version >= $since; 1; "\($operation) came with \($since), cniVersion is \($version)")
      | must(.name | name; 7; "the network has the name \(.name | shown)")

      | if $operation == "GC" then
          must(."cni.dev/valid-attachments" | . == null or (type == "array" and all(attachment)); 7;
            "cni.dev/valid-attachments is not a list of attachments")
        else . end
      | if $operation == "GC" or $operation == "DEL" then .to = [] else
          must(.to | type == "array" and length <= 64 and all(prefix); 7;
            "\"to\" is not a list of at most 64 prefixes: \(.to | shown)")
        end
      | if $operation == "ADD" or $operation == "CHECK" then
          must(.prevResult != null; 7; "prevResult is missing: this plugin works behind another")
          | must(.prevResult | type == "object"; 6; "prevResult is \(.prevResult | shown)")
          | must(.prevResult | result; 6; "prevResult is no result: \(.prevResult | shown)")
          | must(.prevResult.cniVersion // $version | tostring | .[:2] == $version[:2]; 6;
              "prevResult is of version \(.prevResult.cniVersion | shown)")
        else .prevResult = {} end
      | "0 \([$version, .name] + .to | join(" "))", .prevResult + {cniVersion: $version}
    ) catch "\(.code) \(if $known then $version else "1.1.0" end) \(.message)"'
request=$(head -c 16000000 | jq -crs --arg operation "$operation" --arg since "$since" \
  --argjson versions "$versions" "$read_request" 2>&1) || fail 6 "the configuration is no JSON" "$request"
result=${request#*"$newline"}
set -- ${request%%"$newline"*}
code=$1 version=$2
shift 2
[ "$code" = 0 ] || fail "$code" "$*"
network=$1
shift

# The routes are marked with the attachment's name, as their metric, so that DEL and CHECK find what
# this attachment has, and nothing else: not even when the path leads to another container by now.
mark=$(printf %s "$network ${CNI_CONTAINERID-} ${CNI_IFNAME-}" | cksum)
mark=${mark%% *}
families=-4
[ ! -e /proc/net/if_inet6 ] || families='-4 -6'

inside() { nsenter --net="$CNI_NETNS" ip "$@"; }

# routes show|flush [exact PREFIX]: those of this attachment.
routes() {
  what=$1
  shift
  for family in $families; do
    inside "$family" route "$what" type prohibit metric "$mark" "$@" || return
  done
}

# give_up CODE MESSAGE [DETAILS]: an ADD that fails leaves nothing behind.
give_up() {
  routes flush >&2
  fail "$@"
}

is_netns() { [ "$(stat -Lfc %t "$CNI_NETNS" 2>/dev/null)" = 6e736673 ]; }
is_host() { [ "$CNI_NETNS" -ef /proc/self/ns/net ]; }

require_container() {
  is_netns || fail 101 "CNI_NETNS is no network namespace: $CNI_NETNS"
  ! is_host || fail 8 "CNI_NETNS is the namespace of the host: $CNI_NETNS"
  said=$(inside link show dev "$CNI_IFNAME" 2>&1) || fail 102 "there is no $CNI_IFNAME" "$said"
}

case $operation in
ADD)
  require_container
  said=$(routes show 2>&1) || fail 101 "cannot list routes" "$said"
  [ -z "$said" ] || fail 4 "the container is attached already" "$said"
  trap 'give_up 11 "the plugin was stopped"' TERM INT
  for prefix; do
    said=$(inside route add prohibit "$prefix" metric "$mark" 2>&1) ||
      give_up 101 "cannot prohibit $prefix" "$said"
  done
  printf '%s\n' "$result"
  ;;
CHECK)
  require_container
  for prefix; do
    families=-4
    case $prefix in *:*) families=-6 ;; esac
    said=$(routes show exact "$prefix" 2>&1) || fail 101 "cannot list routes" "$said"
    [ -n "$said" ] || fail 103 "the container is not kept from $prefix any more"
  done
  ;;
DEL)
  # A namespace that has gone took the routes with it.
  if [ -n "${CNI_NETNS-}" ] && is_netns && ! is_host; then
    said=$(routes flush 2>&1) || fail 101 "cannot remove the routes" "$said"
  fi
  ;;
STATUS)
  for program in ip nsenter; do
    command -v "$program" >/dev/null || fail 50 "$program is missing"
  done
  ;;
GC)
  # Nothing is kept on the host, and a container that has gone took its routes along.
  ;;
esac
