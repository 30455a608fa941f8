// The probe of what reads and writes text: addresses, HOST:PORT and command-line options. The test writes UTF-16
// into `input`; results are string objects or the address record.

import * as hostPort from "../../../assembly/net/host-port";
import * as ipAddress from "../../../assembly/net/ip-address";
import { Options } from "../../../assembly/programs/options";
import { SocketAddress } from "../../../assembly/wasi/network";
import "../../../assembly/wasi/abort";

const INPUT_BYTES: i32 = 65536;
const input: usize = memory.data(INPUT_BYTES, 8);
const address = changetype<SocketAddress>(memory.data(28, 4));

export function inputAddress(): usize {
  return input;
}

/** Makes an address whose parts are the eight u16 at `input`. */
export function setAddress(family: u8, port: u16): void {
  address.family = family;
  address.port = port;
  for (let i = 0; i < 8; i++) address.setPart(i, load<u16>(input + (<usize>i << 1)));
}

/** Makes an address whose every byte is set, so that a test sees what parsing leaves behind. */
export function soil(): void {
  memory.fill(changetype<usize>(address), 0xee, 28);
}

export function part(index: i32): i32 {
  return address.part(index);
}

export function family(): i32 {
  return address.family;
}

export function scopeAndFlow(): u32 {
  return address.scopeId | address.flowInfo;
}

export function parseIp(length: i32): bool {
  return ipAddress.parseIp(inputText(length), address);
}

export function formatIp(): string {
  return ipAddress.formatIp(address);
}

export function formatSocketAddress(): string {
  return ipAddress.formatSocketAddress(address);
}

export function parseDecimal(length: i32, start: i32, end: i32, max: i32): i32 {
  return ipAddress.parseDecimal(inputText(length), start, end, max);
}

let parsed: hostPort.HostPort | null = null;

export function parseHostPort(length: i32): bool {
  parsed = hostPort.parseHostPort(inputText(length));
  return parsed !== null;
}

export function host(): string {
  return parsed!.host;
}

export function port(): i32 {
  return parsed!.port;
}

export function hostPortError(): string {
  return hostPort.hostPortError;
}

/** Words of the command line, one per line. The options that it knows are --listen and --to, and the flag --loud. */
export function parseOptions(length: i32, start: i32): Options {
  const words = length ? inputText(length).split("\n") : new Array<string>();
  return new Options(words, start, ["--listen", "--to"], ["--loud"]);
}

export function hasOption(options: Options, length: i32): bool {
  return options.has(inputText(length));
}

/** The value of an option, `-` without it. */
export function optionValue(options: Options, length: i32): string {
  return options.value(inputText(length), "-");
}

export function optionsError(options: Options): string {
  return options.error;
}

export function optionsWords(options: Options): string {
  return options.words.join("\n");
}

/** Null is the address 0. */
export function required(options: Options, length: i32): string | null {
  return options.required(inputText(length));
}

/** Frees what the texts of one test left behind. */
export function collect(): void {
  __collect();
}

function inputText(length: i32): string {
  assert(length << 1 <= INPUT_BYTES);
  return String.UTF16.decodeUnsafe(input, <usize>length << 1);
}
