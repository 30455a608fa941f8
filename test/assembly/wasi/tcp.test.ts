// The bindings of wasi:sockets/tcp and tcp-create-socket: each function against the oracle of the canonical ABI.
import { suite } from "uvu";
import { ADDRESSES, type Address, flatten, RESULTS, storeSocketAddress } from "../../support/canonical-abi.js";
import { type BindingCase, testBindings, unit, word } from "../../support/binding-cases.js";

const BIG = 0xffff_fffe_1234_5678n;
const set = (view: DataView, at: number, handles: number[]): void => {
  handles.forEach((handle, index) => view.setUint32(at + 4 * index, handle, true));
};

const addressed = (name: string, label: string, address: Address): BindingCase => unit(name, label, {
  title: `${name} with ${JSON.stringify(address)}`,
  call: (binding, call) => call[name]!(5, 6, binding.putAddress(address)),
  received: [5, 6, ...flatten(address)],
});

const asking = (name: string, label: string, address: Address): BindingCase => ({
  name, label, layout: RESULTS.socketAddress, title: `${name} giving ${JSON.stringify(address)}`,
  call: (binding, call) => call[name]!(5, binding.probe.call.socketAddress()), received: [5],
  write: (view, at) => storeSocketAddress(view, at, address), address,
});

const u8 = (name: string, label: string): BindingCase => ({
  name, label, layout: RESULTS.u8, call: (_, call) => call[name]!(5), received: [5],
  write: (view, at) => view.setUint8(at, 0xfe), longs: { tcpOption: 0xfen },
});

const u64 = (name: string, label: string): BindingCase => ({
  name, label, layout: RESULTS.u64, call: (_, call) => call[name]!(5), received: [5],
  write: (view, at) => view.setBigUint64(at, BIG, true), longs: { tcpOption: BIG },
});

const setter = (name: string, label: string, value: number | bigint, flat: number | bigint): BindingCase => {
  return unit(name, label, {
    title: `${name} of ${value}`, call: (_, call) => call[name]!(5, value), received: [5, flat],
  });
};

const SOCKET = "tcp/tcp-socket.";
const CASES: BindingCase[] = [
  ...[0, 1].map((family): BindingCase => ({
    name: "tcpCreate", label: "tcp-create-socket/create-tcp-socket", layout: RESULTS.handle,
    title: `tcpCreate of family ${family}`, call: (_, call) => call.tcpCreate!(family), received: [family],
    write: (view, at) => set(view, at, [0xffff_fffe]), words: { tcpSocket: 0xffff_fffe },
  })),
  ...ADDRESSES.map((address) => addressed("tcpStartBind", `${SOCKET}start-bind`, address)),
  ...ADDRESSES.map((address) => addressed("startConnect", `${SOCKET}start-connect`, address)),
  ...ADDRESSES.map((address) => asking("tcpLocalAddress", `${SOCKET}local-address`, address)),
  ...ADDRESSES.map((address) => asking("tcpRemoteAddress", `${SOCKET}remote-address`, address)),
  unit("tcpFinishBind", `${SOCKET}finish-bind`),
  unit("startListen", `${SOCKET}start-listen`),
  unit("finishListen", `${SOCKET}finish-listen`),
  {
    name: "finishConnect", label: `${SOCKET}finish-connect`, layout: RESULTS.twoHandles,
    call: (_, call) => call.finishConnect!(5), received: [5],
    write: (view, at) => set(view, at, [11, 0xffff_ffff]), words: { tcpInput: 11, tcpOutput: 0xffff_ffff },
  },
  {
    name: "accept", label: `${SOCKET}accept`, layout: RESULTS.threeHandles,
    call: (_, call) => call.accept!(5), received: [5],
    write: (view, at) => set(view, at, [21, 22, 23]), words: { tcpSocket: 21, tcpInput: 22, tcpOutput: 23 },
  },
  ...[0, 1, 2].map((how) => setter("shutdown", `${SOCKET}shutdown`, how, how)),
  setter("setListenBacklogSize", `${SOCKET}set-listen-backlog-size`, BIG, BIG),
  u8("keepAliveEnabled", `${SOCKET}keep-alive-enabled`),
  setter("setKeepAliveEnabled", `${SOCKET}set-keep-alive-enabled`, 0, 0),
  setter("setKeepAliveEnabled", `${SOCKET}set-keep-alive-enabled`, 1, 1),
  u64("keepAliveIdleTime", `${SOCKET}keep-alive-idle-time`),
  setter("setKeepAliveIdleTime", `${SOCKET}set-keep-alive-idle-time`, BIG, BIG),
  u64("keepAliveInterval", `${SOCKET}keep-alive-interval`),
  setter("setKeepAliveInterval", `${SOCKET}set-keep-alive-interval`, BIG, BIG),
  {
    name: "keepAliveCount", label: `${SOCKET}keep-alive-count`, layout: RESULTS.u32,
    call: (_, call) => call.keepAliveCount!(5), received: [5],
    write: (view, at) => set(view, at, [0xffff_fffe]), longs: { tcpOption: 0xffff_fffen },
  },
  setter("setKeepAliveCount", `${SOCKET}set-keep-alive-count`, 0xffff_fffe, 0xffff_fffe),
  u8("hopLimit", `${SOCKET}hop-limit`),
  setter("setHopLimit", `${SOCKET}set-hop-limit`, 255, 255),
  u64("tcpReceiveBufferSize", `${SOCKET}receive-buffer-size`),
  setter("tcpSetReceiveBufferSize", `${SOCKET}set-receive-buffer-size`, BIG, BIG),
  u64("tcpSendBufferSize", `${SOCKET}send-buffer-size`),
  setter("tcpSetSendBufferSize", `${SOCKET}set-send-buffer-size`, BIG, BIG),
  word("isListening", `${SOCKET}is-listening`, 0),
  word("isListening", `${SOCKET}is-listening`, 1),
  word("tcpAddressFamily", `${SOCKET}address-family`, 0),
  word("tcpAddressFamily", `${SOCKET}address-family`, 1),
  word("tcpSubscribe", `${SOCKET}subscribe`, 0xffff_fffe),
  word("tcpDrop", "tcp/drop tcp-socket"),
];

await testBindings(suite("tcp bindings"), CASES);
