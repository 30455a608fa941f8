// Counts what moves on every connection, by standing between the engine and the platform's transport.
//
// A transport is an interface of a few methods (host/wasi/transport.ts in the sources). The classes here pass every
// call on and count bytes on the way, which shows how an engine is given a transport of one's own, too.

import { addressText, ErrorCode, errorCodeName } from "wasi-event-engine";

/** How long the row of a connection that is over is still shown. */
const SHOWN_AFTER_END_MS = 2500;

/** What is known of one end of a connection. */
class Row {
  received = 0;
  sent = 0;
  endedAt = null;
  /** Why it broke; empty when it did not. */
  failure = "";

  constructor(id, { way, nameOf, isAccepted }, connection) {
    this.id = id;
    this.way = way;
    this.isAccepted = isAccepted === true;
    this.local = addressText(connection.localAddress);
    this.remote = addressText(connection.remoteAddress);
    this.name = nameOf(this.remote);
    this.connection = connection;
  }
}

export class TrafficMeter {
  /** Rows of open connections, and for a moment of those that are over. */
  #rows = new Map();
  /** The ends in this page that are open, by their two addresses. */
  #ends = new Map();
  #nextId = 1;
  #turns;
  received = 0;
  sent = 0;

  constructor(turns) {
    this.#turns = turns;
  }

  /**
   * The same transport, counted. `way` is "page" or "gateway", `nameOf(remote)` says whose a connection is. What is
   * accepted in the page is the other end of one that is counted already, so it is known but not shown.
   */
  transport(inner, way, nameOf) {
    return new MeteredTransport(inner, this, { way, nameOf });
  }

  /** Those to show: open first, in the order in which they were made. */
  shown(now = performance.now()) {
    for (const [id, row] of this.#rows) {
      if (row.endedAt !== null && now - row.endedAt > SHOWN_AFTER_END_MS) this.#rows.delete(id);
    }
    return [...this.#rows.values()].filter((row) => row.way === "gateway" || !row.isAccepted);
  }

  get open() {
    return this.shown().filter((row) => row.endedAt === null);
  }

  /** Bytes that wait to leave at either end in this page. */
  waiting(row) {
    if (row.endedAt !== null) return 0;
    const other = this.otherEnd(row);
    return row.connection.queuedBytes + (other?.connection.queuedBytes ?? 0);
  }

  otherEnd(row) {
    return row.way === "page" ? this.#ends.get(`${row.remote} ${row.local}`) : undefined;
  }

  /** @internal for the metered objects below */
  add(kind, connection) {
    const row = new Row(this.#nextId++, kind, connection);
    this.#rows.set(row.id, row);
    if (row.way === "page") this.#ends.set(`${row.local} ${row.remote}`, row);
    return row;
  }

  /** @internal */
  end(row) {
    if (row.endedAt !== null) return;
    row.endedAt = performance.now();
    const key = `${row.local} ${row.remote}`;
    if (this.#ends.get(key) === row) this.#ends.delete(key);
  }

  /** @internal */
  count(row, received, sent) {
    row.received += received;
    row.sent += sent;
    if (row.way === "page" && row.isAccepted) return;
    this.received += received;
    this.sent += sent;
  }

  /** @internal Bytes that arrive may let the engine take a turn at once. */
  time(work) {
    return this.#turns.time(work);
  }
}

class MeteredTransport {
  constructor(inner, meter, kind) {
    this.inner = inner;
    this.meter = meter;
    this.kind = kind;
  }

  get openCount() {
    return this.inner.openCount;
  }

  get hasNameserver() {
    return this.inner.hasNameserver;
  }

  bind(options, done) {
    return this.inner.bind(options, (result) => {
      done(typeof result === "number" ? result : new MeteredBinding(result, this.meter, this.kind));
    });
  }

  connect(options, done) {
    return this.inner.connect(options, (result) => {
      done(typeof result === "number" ? result : new MeteredConnection(result, this.meter, this.kind));
    });
  }

  lookup(name, done) {
    return this.inner.lookup(name, done);
  }

  bindDatagrams(address, events, done) {
    return this.inner.bindDatagrams(address, events, done);
  }
}

class MeteredBinding {
  constructor(inner, meter, kind) {
    this.inner = inner;
    this.meter = meter;
    this.kind = { ...kind, isAccepted: true };
  }

  get localAddress() {
    return this.inner.localAddress;
  }

  listen(events, backlog, done) {
    const connectionArrived = (connection) => {
      events.connectionArrived(new MeteredConnection(connection, this.meter, this.kind));
    };
    this.inner.listen({ connectionArrived }, backlog, done);
  }

  close(released) {
    this.inner.close(released);
  }
}

class MeteredConnection {
  #isCut = false;
  #events = null;

  constructor(inner, meter, kind) {
    this.inner = inner;
    this.meter = meter;
    this.localAddress = inner.localAddress;
    this.remoteAddress = inner.remoteAddress;
    this.row = meter.add(kind, this);
    if (inner.wantRoom !== undefined) this.wantRoom = () => inner.wantRoom();
  }

  get queuedBytes() {
    return this.inner.queuedBytes;
  }

  attach(events) {
    this.#events = events;
    const { meter, row } = this;
    const arrived = (bytes, start, end, give) => {
      meter.count(row, end - start, 0);
      return meter.time(() => give(bytes, start, end));
    };
    this.inner.attach({
      bytesArrived: (bytes, start, end) => arrived(bytes, start, end, events.bytesArrived.bind(events)),
      bytesGiven: (bytes, start, end) => arrived(bytes, start, end, events.bytesGiven.bind(events)),
      endArrived: () => meter.time(() => events.endArrived()),
      roomMade: () => meter.time(() => events.roomMade()),
      failed: (code) => this.#failed(code),
    });
  }

  resume() {
    if (!this.#isCut) this.inner.resume();
  }

  pause() {
    if (!this.#isCut) this.inner.pause();
  }

  write(source, start, end) {
    if (this.#isCut) return;
    this.meter.count(this.row, 0, end - start);
    this.inner.write(source, start, end);
  }

  end() {
    if (!this.#isCut) this.inner.end();
  }

  setKeepAlive(enabled, idleMs) {
    if (!this.#isCut) this.inner.setKeepAlive(enabled, idleMs);
  }

  close(lingerMs) {
    this.#over();
    if (!this.#isCut) this.inner.close(lingerMs);
  }

  abort() {
    this.#over();
    if (!this.#isCut) this.inner.abort();
  }

  /** The fault: as if the network had cut the line. The peer hears of it by the transport, this end from here. */
  cut() {
    if (this.#isCut || this.row.endedAt !== null) return;
    this.inner.abort();
    this.#isCut = true;
    this.#failed(ErrorCode.ConnectionReset);
  }

  #failed(code) {
    this.row.failure = errorCodeName(code);
    this.#over();
    this.meter.time(() => this.#events?.failed(code));
  }

  #over() {
    this.meter.end(this.row);
  }
}
