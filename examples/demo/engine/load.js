// The load: clients that send a message to an echo server, wait for all of it, check every byte, and go on.

import { plural } from "../view/format.js";

const CONNECT_TIMEOUT_MS = 5000;
const AGAIN_AFTER_MS = 500;

export class Load {
  #lab;
  #clients = new Set();
  isRunning = false;
  messages = 0;
  wrongBytes = 0;
  /** Connections that were asked for. */
  wanted = 0;
  /** Connections that were lost, and those that were made again after it. */
  lost = 0;
  again = 0;
  roundTrips = [];

  constructor(lab, onLost) {
    this.#lab = lab;
    this.onLost = onLost;
  }

  get size() {
    return this.#clients.size;
  }

  /** `where`: "page" or "gateway". */
  start({ count, size, where }) {
    this.isRunning = true;
    this.wanted = count;
    const address = this.#lab.echoAddresses[where];
    const message = Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) * 7) & 255);
    for (let number = 0; number < count; number++) this.#open(address, message, false);
  }

  /** Each client ends after the message that is on its way. */
  stop() {
    this.isRunning = false;
    for (const client of this.#clients) client.stop();
  }

  /** Median of the round trips since the last call, in milliseconds; null when there was none. */
  takeRoundTrip() {
    const times = this.roundTrips.sort((one, other) => one - other);
    this.roundTrips = [];
    return times.length === 0 ? null : times[times.length >> 1];
  }

  #open(address, message, isAgain) {
    const client = new Client(this.#lab, this, message);
    this.#clients.add(client);
    client.onEnd = (reason) => {
      this.#clients.delete(client);
      if (reason === null) return;
      this.lost++;
      this.onLost(reason);
      this.#lab.timers.set(AGAIN_AFTER_MS, "connect again", () => {
        if (this.isRunning) this.#open(address, message, true);
      });
    };
    client.connect(address, () => {
      if (isAgain) this.again++;
    });
  }
}

class Client {
  #lab;
  #load;
  #message;
  #endpoint = null;
  #handle = null;
  #incoming;
  #outgoing;
  #onRead;
  #onWritten;
  #received = 0;
  #sentAt = 0;
  #isWriting = false;
  #isReading = false;
  #isStopped = false;
  #isOver = false;
  #cancelStop = () => {};
  /** Told why it broke, or null when it ended as it should. */
  onEnd = () => {};

  constructor(lab, load, message) {
    this.#lab = lab;
    this.#load = load;
    this.#message = message;
    this.#incoming = lab.engine.createSliceBuffer();
    this.#outgoing = lab.engine.createSliceBuffer();
    this.#onRead = lab.counted((status) => this.#wasRead(status));
    this.#onWritten = lab.counted((status) => this.#wasWritten(status));
  }

  connect(address, onOpen) {
    this.#handle = this.#lab.engine.connect(this.#lab.counted((status, endpoint) => {
      this.#handle = null;
      if (!status.ok) return this.#end(status.message);
      this.#endpoint = endpoint;
      onOpen();
      if (this.#isStopped) return this.#end(null);
      this.#send();
      return this.#read();
    }), address, { timeoutMs: CONNECT_TIMEOUT_MS });
  }

  stop() {
    this.#isStopped = true;
    if (this.#handle !== null && this.#lab.engine.cancelConnect(this.#handle)) this.#end(null);
    // A peer that does not answer is not waited for.
    if (!this.#isOver) this.#cancelStop = this.#lab.timers.set(2000, "end of a client", () => this.#end(null));
  }

  #send() {
    this.#received = 0;
    this.#sentAt = performance.now();
    this.#isWriting = true;
    this.#outgoing.append(this.#message);
    this.#endpoint.write(this.#onWritten, this.#outgoing);
  }

  #read() {
    this.#isReading = true;
    this.#endpoint.read(this.#onRead, this.#incoming);
  }

  #wasWritten(status) {
    this.#isWriting = false;
    if (!status.ok) this.#end(status.message);
    else this.#goOn();
  }

  #wasRead(status) {
    this.#isReading = false;
    if (!status.ok) this.#end(status.message);
    else this.#check();
    if (this.#isOver) this.#incoming.destroy();
    else if (this.#received < this.#message.length) this.#read();
    else this.#goOn();
  }

  /** Once the message is both away and back. */
  #goOn() {
    if (this.#isOver || this.#isWriting || this.#received < this.#message.length) return;
    const load = this.#load;
    load.messages++;
    load.roundTrips.push(performance.now() - this.#sentAt);
    if (this.#isStopped) return this.#end(null);
    this.#send();
    return this.#read();
  }

  #check() {
    const message = this.#message;
    for (let index = 0; index < this.#incoming.count; index++) {
      const bytes = this.#incoming.at(index);
      for (let at = 0; at < bytes.length; at++) {
        if (bytes[at] !== message[this.#received + at]) this.#load.wrongBytes++;
      }
      this.#received += bytes.length;
    }
  }

  #end(reason) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelStop();
    this.#endpoint?.destroy();
    this.#outgoing.destroy();
    // A read that is outstanding has the buffer until its callback has run.
    if (!this.#isReading) this.#incoming.destroy();
    this.onEnd(reason);
  }
}

/** A sentence about what the load did so far. */
export function loadInWords(load) {
  const bad = load.wrongBytes === 0 ? "no byte wrong" : `${load.wrongBytes} bytes WRONG`;
  const lost = load.lost === 0 ? "" : `; ${plural(load.lost, "connection")} lost, ${load.again} made again`;
  return `${plural(load.messages, "message")} came back, ${bad}${lost}.`;
}
