// The bindings of wasi:sockets/udp and udp-create-socket: each function against the oracle of the canonical ABI.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ADDRESSES, type Address, flatten, IP_SOCKET_ADDRESS_BYTES, RESULTS, storeSocketAddress,
} from "../../support/canonical-abi.js";
import type { Binding } from "../../support/binding.js";
import { type BindingCase, testBindings, unit, word } from "../../support/binding-cases.js";

const BIG = 0xffff_fffe_1234_5678n;
const SOCKET = "udp/udp-socket.";
const INCOMING = "udp/incoming-datagram-stream.";
const OUTGOING = "udp/outgoing-datagram-stream.";
const INCOMING_BYTES = 8 + IP_SOCKET_ADDRESS_BYTES;

const asking = (name: string, label: string, address: Address): BindingCase => ({
  name, label, layout: RESULTS.socketAddress, title: `${name} giving ${JSON.stringify(address)}`,
  call: (binding, call) => call[name]!(5, binding.probe.call.socketAddress()), received: [5],
  write: (view, at) => storeSocketAddress(view, at, address), address,
});

const stream = (address: Address | undefined): BindingCase => ({
  name: "udpStream", label: `${SOCKET}stream`, layout: RESULTS.twoHandles,
  title: `udpStream to ${JSON.stringify(address ?? "everyone")}`,
  call: (binding, call) => call.udpStream!(5, address === undefined ? 0 : binding.putAddress(address)),
  received: address === undefined ? [5, 0, ...Array<number>(12).fill(0)] : [5, 1, ...flatten(address)],
  write: (view, at) => {
    view.setUint32(at, 31, true);
    view.setUint32(at + 4, 0xffff_ffff, true);
  },
  words: { udpIncoming: 31, udpOutgoing: 0xffff_ffff },
});

const u64 = (name: string, label: string, args: (number | bigint)[] = [5]): BindingCase => ({
  name, label, layout: RESULTS.u64, call: (_, call) => call[name]!(...args), received: args,
  write: (view, at) => view.setBigUint64(at, BIG, true), longs: { udpValue: BIG },
});

const setter = (name: string, label: string, value: number | bigint): BindingCase => {
  return unit(name, label, {
    title: `${name} of ${value}`, call: (_, call) => call[name]!(5, value), received: [5, value],
  });
};

/** A list of datagrams, each with its own sender, as a host builds it: the bytes first, then the list. */
function storeDatagrams(at: number, binding: Binding, count: number): void {
  const list = new Uint8Array(count * INCOMING_BYTES);
  const records = new DataView(list.buffer);
  for (let index = 0; index < count; index++) {
    const data = binding.probe.call.cabi_realloc(0, 0, 1, index);
    binding.probe.write(data, new Uint8Array(index).fill(index));
    records.setUint32(index * INCOMING_BYTES, data, true);
    records.setUint32(index * INCOMING_BYTES + 4, index, true);
    storeSocketAddress(records, index * INCOMING_BYTES + 8, ADDRESSES[index % ADDRESSES.length]!);
  }
  binding.storeList(at, 4, list, count);
}

function checkDatagrams({ probe }: Binding, count: number): void {
  const at = probe.call.udpDatagrams();
  assert.is(at % 4, 0);
  for (let index = 0; index < count; index++) {
    const [data, length] = probe.words(at + index * INCOMING_BYTES, 2);
    assert.equal(probe.bytes(data!, length!), new Uint8Array(index).fill(index));
    const sender = new DataView(new ArrayBuffer(IP_SOCKET_ADDRESS_BYTES));
    storeSocketAddress(sender, 0, ADDRESSES[index % ADDRESSES.length]!);
    const lifted = probe.bytes(at + index * INCOMING_BYTES + 8, IP_SOCKET_ADDRESS_BYTES);
    assert.equal(lifted, new Uint8Array(sender.buffer));
  }
}

const receiving = (count: number): BindingCase => ({
  name: "receive", label: `${INCOMING}receive`, layout: RESULTS.list, title: `receive of ${count} datagrams`,
  call: (_, call) => call.receive!(5, BIG), received: [5, BIG],
  write: (_view, at, binding) => storeDatagrams(at, binding, count),
  longs: { udpValue: BigInt(count) }, check: (binding) => checkDatagrams(binding, count),
});

const CASES: BindingCase[] = [
  ...[0, 1].map((family): BindingCase => ({
    name: "udpCreate", label: "udp-create-socket/create-udp-socket", layout: RESULTS.handle,
    title: `udpCreate of family ${family}`, call: (_, call) => call.udpCreate!(family), received: [family],
    write: (view, at) => view.setUint32(at, 0xffff_fffe, true), words: { udpSocket: 0xffff_fffe },
  })),
  ...ADDRESSES.map((address) => unit("udpStartBind", `${SOCKET}start-bind`, {
    title: `udpStartBind with ${JSON.stringify(address)}`,
    call: (binding, call) => call.udpStartBind!(5, 6, binding.putAddress(address)),
    received: [5, 6, ...flatten(address)],
  })),
  unit("udpFinishBind", `${SOCKET}finish-bind`),
  ...[undefined, ...ADDRESSES].map(stream),
  ...ADDRESSES.map((address) => asking("udpLocalAddress", `${SOCKET}local-address`, address)),
  ...ADDRESSES.map((address) => asking("udpRemoteAddress", `${SOCKET}remote-address`, address)),
  {
    name: "unicastHopLimit", label: `${SOCKET}unicast-hop-limit`, layout: RESULTS.u8,
    call: (_, call) => call.unicastHopLimit!(5), received: [5],
    write: (view, at) => view.setUint8(at, 0xfe), longs: { udpValue: 0xfen },
  },
  setter("setUnicastHopLimit", `${SOCKET}set-unicast-hop-limit`, 255),
  u64("udpReceiveBufferSize", `${SOCKET}receive-buffer-size`),
  setter("udpSetReceiveBufferSize", `${SOCKET}set-receive-buffer-size`, BIG),
  u64("udpSendBufferSize", `${SOCKET}send-buffer-size`),
  setter("udpSetSendBufferSize", `${SOCKET}set-send-buffer-size`, BIG),
  ...[0, 1, 16].map(receiving),
  u64("checkSend", `${OUTGOING}check-send`),
  u64("send", `${OUTGOING}send`, [5, 0xfff0, 16]),
  word("udpAddressFamily", `${SOCKET}address-family`, 0),
  word("udpAddressFamily", `${SOCKET}address-family`, 1),
  word("udpSubscribe", `${SOCKET}subscribe`, 0xffff_fffe),
  word("subscribeIncoming", `${INCOMING}subscribe`, 9),
  word("subscribeOutgoing", `${OUTGOING}subscribe`, 9),
  word("udpDrop", "udp/drop udp-socket"),
  word("dropIncoming", "udp/drop incoming-datagram-stream"),
  word("dropOutgoing", "udp/drop outgoing-datagram-stream"),
];

await testBindings(suite("udp bindings"), CASES);
