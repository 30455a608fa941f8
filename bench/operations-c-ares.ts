// Rival: look-ups by c-ares, as Node has it: `dns.promises.Resolver` with the server given. It keeps no answers.
//
// usage: node build/bench/operations-c-ares.js dns|dns-cached SIZE REPETITIONS OPERATIONS SERVER
import { promises, type SrvRecord } from "node:dns";
import { DNS_ADDRESSES, DNS_SERVICE, DNS_TEXT } from "./dns-answers.js";
import { dnsOf, type Lookups } from "./operation-dns.js";
import { runOperations } from "./operation-kit.js";

function open(server: string): Lookups {
  const resolver = new promises.Resolver();
  resolver.setServers([server]);
  return {
    srv: (name, done) => void resolver.resolveSrv(name).then((records) => done(isService(records))),
    txt: (name, done) => void resolver.resolveTxt(name).then((records) => done(isText(records))),
    hostname: (name, done) => {
      void Promise.all([resolver.resolve4(name), resolver.resolve6(name)]).then(([first, second]) => {
        done([...first, ...second].join() === DNS_ADDRESSES.join());
      });
    },
    close: () => resolver.cancel(),
  };
}

function isService(records: readonly SrvRecord[]): boolean {
  const [record] = records;
  return records.length === 1 && record !== undefined && record.name === DNS_SERVICE.host
    && record.port === DNS_SERVICE.port && record.priority === DNS_SERVICE.priority
    && record.weight === DNS_SERVICE.weight;
}

function isText(records: readonly (readonly string[])[]): boolean {
  return records.length === 1 && records[0]?.join("") === DNS_TEXT;
}

const measure = dnsOf(open, false);
await runOperations({ "dns": measure, "dns-cached": measure });
