// The nameserver of the bodies about look-ups, on whatever has the seams: simulated hosts and the in-page network.
import { Nameserver, type NameserverHost } from "#host/sim/peers/nameserver.js";
import { type Query, RecordType } from "#host/sim/peers/nameserver-message.js";
import type { BodyNameserver } from "../suite/face/body.js";
import { treat, ZONE } from "../suite/face/names.js";

export interface OpenNameserver extends BodyNameserver {
  end(): void;
}

export const questionText = ({ type, name }: Query): string => `${RecordType[type]} ${name.toLowerCase()}`;

/** `address`: one of the host, without a port. */
export function seamNameserver(host: NameserverHost, address: string): OpenNameserver {
  const server = new Nameserver(host, { address, zones: [ZONE], treat });
  return {
    address: `${address}:53`,
    asked: () => server.queries.map(questionText).sort(),
    end: () => server.close(),
  };
}
