// The server of the DNS workloads: a BIND on a loopback port of its own, as the tests start it, with one zone in which
// every name under `w` exists, so that no two look-ups need be the same. And an address at which nobody answers.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { provide } from "../test/support/debian-tool.js";
import { startNameServer, type ServerKind } from "../test/support/dns/name-server.js";
import { DNS_ADDRESSES, DNS_SERVICE, DNS_TEXT, DNS_ZONE } from "./dns-answers.js";

const [ipv4, ipv6] = DNS_ADDRESSES;
const { priority, weight, port: servicePort, host } = DNS_SERVICE;

const ZONE = `$TTL 3600
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
*.w A ${ipv4}
*.w AAAA ${ipv6}
*.w SRV ${priority} ${weight} ${servicePort} ${host}.
*.w TXT "${DNS_TEXT}"
`;

const BIND: ServerKind = {
  command: "named",
  known: `ns.${DNS_ZONE}`,
  arguments: () => ["-g", "-n", "1", "-c", "named.conf"],
  files: (port, folder) => ({
    zone: ZONE,
    "named.conf": `options {
  directory "${folder}"; pid-file none; session-keyfile none; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 port ${port} { ::1; };
  udp-receive-buffer 4194304; recursion no; minimal-responses yes; querylog no; dnssec-validation no; notify no;
};
controls { };
zone "${DNS_ZONE}" { type primary; file "zone"; };
`,
  }),
};

export interface BenchNameserver {
  /** Its address and port, and those of the one who is silent: what the arms take behind their numbers. */
  readonly words: readonly [server: string, silent: string];
  stop(): Promise<void>;
}

/** Undefined where BIND is not and cannot be had, which is told on stderr. */
export async function startBenchNameserver(): Promise<BenchNameserver | undefined> {
  const path = provide("named");
  if (path === undefined) return undefined;
  const server = await startNameServer(path, BIND);
  const silent = createSocket("udp4").on("message", () => {});
  silent.bind(0, "127.0.0.1");
  await once(silent, "listening");
  return {
    words: [server.v4, `127.0.0.1:${silent.address().port}`],
    stop: async () => {
      silent.close();
      await server.stop();
    },
  };
}
