// BIND, Knot, Unbound and dnsmasq with the zones of the tests: their configurations.
import { LOOPBACKS } from "./free-port.js";
import type { ServerKind } from "./name-server.js";
import { BROKEN_ZONE, EXAMPLE_ZONE, LOCALHOST_ZONE, LONG_TEXTS, OTHER_ZONE } from "./zones.js";

const ZONES: Record<string, string> = {
  "example.test": EXAMPLE_ZONE, "other.test": OTHER_ZONE, "localhost": LOCALHOST_ZONE, "broken.test": BROKEN_ZONE,
};
const ZONE_FILES = Object.fromEntries(Object.entries(ZONES).map(([name, text]) => [`${name}.zone`, text]));
const hasV6 = LOOPBACKS.includes("::1");

/** Authoritative for all zones. Follows aliases from zone to zone, at most 11 of them. */
export const bind: ServerKind = {
  command: "named",
  known: "a.example.test",
  files: (port, folder) => ({
    ...ZONE_FILES,
    "named.conf": `
      options {
        directory "${folder}"; pid-file "${folder}/named.pid"; session-keyfile "${folder}/session.key";
        managed-keys-directory "${folder}"; listen-on port ${port} { 127.0.0.1; };
        listen-on-v6 port ${port} { ${hasV6 ? "::1" : "none"}; };
        recursion no; allow-query { any; }; minimal-responses yes; notify no; dnssec-validation no;
        max-records-per-type 0; check-names primary ignore; tcp-clients 400; clients-per-query 0;
      };
      controls { };
      ${Object.keys(ZONES).map((name) => `zone "${name}" { type primary; file "${name}.zone"; };`).join("\n")}
    `,
  }),
  arguments: (_port, folder) => ["-g", "-n", "1", "-c", `${folder}/named.conf`],
};

/** Authoritative for all zones. */
export const knot: ServerKind = {
  command: "knotd",
  known: "a.example.test",
  files: (port, folder) => ({
    ...ZONE_FILES,
    "knot.conf": `
server:
  rundir: "${folder}"
  listen: [ ${LOOPBACKS.map((host) => `"${host}@${port}"`).join(", ")} ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: info
database:
  storage: "${folder}"
template:
  - id: default
    storage: "${folder}"
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
${Object.keys(ZONES).map((name) => `  - domain: ${name}\n    file: "${name}.zone"`).join("\n")}
`,
  }),
  arguments: (_port, folder) => ["-c", `${folder}/knot.conf`],
};

/** What Unbound is to ask: a server of the zones, and a port where nobody listens. */
export interface Behind {
  port: number;
  deadPort: number;
}

/** A recursive server before another one. lame.test is delegated to a server that knows nothing of it. */
export function unbound(behind: Behind): ServerKind {
  const stub = (name: string, port: number, more = ""): string => {
    return `stub-zone:\n  name: "${name}"\n  stub-addr: 127.0.0.1@${port}\n${more}`;
  };
  return {
    command: "unbound",
    known: "a.example.test",
    files: (port, folder) => ({
      "unbound.conf": `
server:
  directory: "${folder}"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  port: ${port}
${LOOPBACKS.map((host) => `  interface: ${host}`).join("\n")}
  access-control: 127.0.0.0/8 allow
  access-control: ::1 allow
  do-not-query-localhost: no
  module-config: "iterator"
  num-threads: 1
  local-zone: "test." nodefault
  do-ip6: yes
remote-control:
  control-enable: no
${stub("example.test", behind.port)}
${stub("other.test", behind.port)}
${stub("lame.test", behind.port)}
${stub("broken.test", behind.port)}
${stub("dead.test", behind.deadPort, "  stub-tcp-upstream: yes\n")}
forward-zone:
  name: "outside.invalid"
  forward-addr: 127.0.0.1@${behind.port}
`,
    }),
    arguments: (_port, folder) => ["-d", "-c", `${folder}/unbound.conf`],
  };
}

/** A small server with a list of hosts: its negative answers have no SOA, and what it does not know it refuses. */
export const dnsmasq: ServerKind = {
  command: "dnsmasq",
  known: "a.example.test",
  files: (port, folder) => ({
    "hosts": [
      "192.0.2.1 a.example.test", "192.0.2.11 a.example.test", "2001:db8::1 aaaa.example.test",
      "192.0.2.2 both.example.test", "2001:db8::2 both.example.test", "2001:db8::22 both.example.test",
    ].join("\n") + "\n",
    "dnsmasq.conf": `
port=${port}
listen-address=${LOOPBACKS.join(",")}
bind-interfaces
no-resolv
no-hosts
addn-hosts=${folder}/hosts
local=/example.test/
local-ttl=300
cname=chain-1.example.test,a.example.test
cname=to-text.example.test,text.example.test
srv-host=_one._tcp.example.test,a.example.test,443,0,0
srv-host=_two._tcp.example.test,big.example.test,5060,10,60
srv-host=_two._tcp.example.test,small.example.test,5061,10,40
txt-record=text.example.test,one string
txt-record=parts.example.test,"three ","strings, ","one record"
${LONG_TEXTS.map((text) => `txt-record=texts.example.test,${text}`).join("\n")}
`,
  }),
  arguments: (_port, folder) => ["-k", "--pid-file=", "--user=", "--log-facility=-", "-C", `${folder}/dnsmasq.conf`],
};
