// `event-engine gateway`: the gateway as a command, and the tokens for it.

import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { AuditFile } from "./audit-file.js";
import { createGateway, GATEWAY_LIMITS, type GatewayLimits } from "./gateway.js";
import { secretFrom, signToken } from "./token.js";

export const GATEWAY_USAGE = `usage: event-engine gateway --listen ADDRESS:PORT [OPTION]...
       event-engine gateway token --secret-file FILE --ttl SECONDS [--allow RULE]...

Lets pages reach TCP, UDP and names by a WebSocket, as far as rules allow.
  --listen ADDRESS:PORT  where pages connect: a loopback address, unless there is a secret; port 0: any free one
  --origin URL           pages of this origin may connect (as often as needed)
  --allow RULE           what clients may do (as often as needed); nothing else is allowed:
                           tcp:TARGET:PORTS  udp:TARGET:PORTS  listen:ADDRESS:PORTS  resolve:NAME  nameserver
                           TARGET: * | address | range (10.0.0.0/8) | name | *.name    PORTS: * | 80,8000-8999
  --secret-file FILE     clients need a token that was signed with what is in this file
  --host NAME            a value of the Host header that means this gateway, beside its address
  --limit NAME=VALUE     such as streams=100, bytes-per-second=1000000, session-idle-ms=none
  --audit FILE           appends a line of JSON for every decision and every end

Addresses of loopback, private and other special networks are reached only by rules that name them. The token goes
into the first frame; it holds for new connections until it expires, and its rules narrow those of the gateway.
`;

interface Words {
  readonly values: ReadonlyMap<string, readonly string[]>;
}

const OPTIONS = ["--listen", "--origin", "--allow", "--secret-file", "--host", "--limit", "--audit"];
const TOKEN_OPTIONS = ["--secret-file", "--ttl", "--allow"];

function parseWords(words: readonly string[], options: readonly string[]): Words {
  const values = new Map<string, string[]>();
  for (let at = 0; at < words.length; at += 2) {
    const option = words[at] as string;
    const value = words[at + 1];
    if (!options.includes(option)) throw new Error(`gateway: unknown option ${option}`);
    if (value === undefined) throw new Error(`gateway: ${option} wants a value`);
    values.set(option, [...values.get(option) ?? [], value]);
  }
  return { values };
}

/** The value of an option that may be given once; null when it is not. */
function one({ values }: Words, option: string): string | null {
  const given = values.get(option) ?? [];
  if (given.length > 1) throw new Error(`gateway: ${option} may be given once`);
  return given[0] ?? null;
}

function must(words: Words, option: string): string {
  const value = one(words, option);
  if (value === null) throw new Error(`gateway: ${option} is missing (event-engine gateway --help)`);
  return value;
}

/** What is in the file, without the line break that editors put at its end. */
function readSecret(path: string): Uint8Array {
  return secretFrom(Buffer.from(readFileSync(path, "latin1").replace(/\r?\n$/, ""), "latin1"));
}

function parseListen(text: string): { address: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? "";
  if (isIP(address) === 0 || Number(port) > 65_535) {
    throw new Error(`gateway: ${JSON.stringify(text)} is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080`);
  }
  return { address, port: Number(port) };
}

/** `session-idle-ms=60000` as `sessionIdleMs`. */
function parseLimits(texts: readonly string[]): Partial<GatewayLimits> {
  const limits: Partial<Record<keyof GatewayLimits, number>> = {};
  for (const text of texts) {
    const [, name = "", value = ""] = /^([a-z-]+)=(\d{1,15}|none)$/.exec(text) ?? [];
    const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()) as keyof GatewayLimits;
    if (!Object.hasOwn(GATEWAY_LIMITS, key)) {
      const names = Object.keys(GATEWAY_LIMITS)
        .map((one) => one.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
      throw new Error(`gateway: ${JSON.stringify(text)} is not NAME=NUMBER with one of ${names.join(", ")}`);
    }
    limits[key] = value === "none" ? Infinity : Number(value);
  }
  return limits;
}

export async function gatewayCommand(words: readonly string[]): Promise<number> {
  if (words.includes("--help")) {
    process.stdout.write(GATEWAY_USAGE);
    return 0;
  }
  if (words[0] === "token") return tokenCommand(parseWords(words.slice(1), TOKEN_OPTIONS));
  return serve(parseWords(words, OPTIONS));
}

function tokenCommand(words: Words): number {
  const secret = readSecret(must(words, "--secret-file"));
  const rules = words.values.get("--allow") ?? null;
  process.stdout.write(`${signToken(secret, Number(must(words, "--ttl")), rules)}\n`);
  return 0;
}

async function serve(words: Words): Promise<number> {
  const { address, port } = parseListen(must(words, "--listen"));
  const secretFile = one(words, "--secret-file");
  const auditPath = one(words, "--audit");
  const audit = auditPath === null ? null : new AuditFile(auditPath);
  const gateway = await createGateway({
    rules: words.values.get("--allow") ?? [],
    origins: words.values.get("--origin") ?? [],
    hosts: words.values.get("--host") ?? [],
    limits: parseLimits(words.values.get("--limit") ?? []),
    ...(secretFile === null ? {} : { secret: readSecret(secretFile) }),
    ...(audit === null ? {} : { audit: audit.write }),
  });
  const stopped = signalled();
  const bound = await gateway.listen(address, port);
  process.stdout.write(`listening ${isIP(address) === 6 ? `[${address}]` : address}:${bound.port}\n`);
  await stopped;
  await gateway.close();
  audit?.close();
  return 0;
}

/** Resolves with the first SIGINT or SIGTERM; the second one ends the process, as signals do. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
