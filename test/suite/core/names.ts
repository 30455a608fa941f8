// Names that nobody is asked about, resolvers that cannot be made, and how look-ups end that nobody answers.

import * as cli from "../../../assembly/wasi/cli";
import { mark, release } from "../../../assembly/abi/arena";
import * as lookups from "../../../assembly/dns/lookup";
import * as resolvers from "../../../assembly/dns/resolver";
import { CANCELLED, DEADLINE_EXCEEDED, OK } from "../../../assembly/net/reason";
import * as clock from "../../../assembly/time/clock";
import { NEVER } from "../../../assembly/time/timer-heap";
import * as errors from "../../../assembly/wasi/error-code";
import * as monotonicClock from "../../../assembly/wasi/monotonic-clock";
import { body, equal, expect, noted } from "./harness";
import {
  HOST, MILLISECOND_NS, SERVICE, TEXT, allEnded, cancel, charged, close, destroyResolver, ended, endings, failed,
  generations, look, noteEnd, open, reasons, refusal, resolver, slots, told, waitAWhile,
} from "./resolving";
import { closeBoth, heard, isHeard, silentBody, where, withSilent } from "./silent-server";

const NAME: string = "a.names.test";
const LATER: u64 = 3_600_000 * MILLISECOND_NS;

/** What has no port, or is no name: each name is followed by its default port. */
const UNPARSABLE: string[] = [
  "localhost", "", NAME, "", "1.2.3.4", "", "::1", "", "localhost", "no-such-service", "localhost", "65536",
  "localhost", "-1", "localhost:x", "1", "256.0.0.1", "80", "1.2.3", "80", "1.2.3.4.5", "80", "256.0.0.1:80", "",
  "[2001:db8::11111]:1", "80", "[2001:db8::1::2]", "80", "[::g]", "80", "1:2:3:4:5:6:7:8:9", "80", "[", "443",
  "[::1", "443", "[::1]bad", "443", "[1.2.3.4]", "443", "[localhost]", "443", "[localhost]:1", "443", ":443", "443",
  "", "443", "a..names.test", "443", "l".repeat(64) + ".names.test", "443", "a b.names.test", "443",
  "l".repeat(2000), "443", NAME, "1".repeat(3000), NAME + ":" + "0".repeat(2000), "", "gr\u00fc\u00dfe.test", "443",
  NAME + "\0", "443",
];

const NO_SERVERS: string[] = [
  "a.names.test", "1.2.3", "1.2.3.4:65536", "1.2.3.4:0", "1.2.3.4:", "[::1", "[1.2.3.4]:53", "1.2.3.4:dns",
];

let deadlineNs: u64 = 0;

export function add(): void {
  addLocal();
  addRefusals();
  addCancels();
  addTryCancels();
  addEnds();
}

function addLocal(): void {
  silentBody("name-literal", "should ask nobody about addresses, whose own port counts before the default")
    .then((): void => {
      look("4.3.2.1:1234");
      look("4.3.2.1:1", "2");
      look("4.3.2.1", "2");
      look("[2001:db8::1]:1", "2");
      look("[2001:DB8::1]", "80");
      look("2001:db8::1", "80");
      look("::ffff:129.144.52.38", "80");
    })
    .until(allEnded)
    .then((): void => {
      const wanted = [
        "[4.3.2.1:1234]", "[4.3.2.1:1]", "[4.3.2.1:2]", "[[2001:db8::1]:1]", "[[2001:db8::1]:80]", "[[2001:db8::1]:80]",
      ];
      for (let i = 0; i < wanted.length; i++) told(i, wanted[i]);
      equal(reasons[6], OK, "as the reason of an address that has another inside");
      equal(heard(), 0, "questions");
      closeBoth();
    });

  silentBody("name-localhost", "should know localhost, which is IPv6, then IPv4, and has no other records")
    .then((): void => {
      look("localhost:1");
      look("localhost", "1");
      look("under.LocalHost.", "1");
      for (let kind = SERVICE; kind <= TEXT; kind++) {
        look("localhost", "", kind);
        look("localhost:1000", "", kind);
      }
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < 3; i++) told(i, "[[::1]:1 127.0.0.1:1]");
      for (let i = 3; i < 7; i++) told(i, "[]");
      equal(heard(), 0, "questions");
      closeBoth();
    });

  body("name-service", "should know the ports of services by their names")
    .then((): void => {
      open("");
      look("localhost", "http");
      look("1.2.3.4:https", "http");
      look("1.2.3.4", "LDAPS");
    })
    .until(allEnded)
    .then((): void => {
      told(0, "[[::1]:80 127.0.0.1:80]");
      told(1, "[1.2.3.4:443]");
      told(2, "[1.2.3.4:636]");
      close();
    });
}

function addRefusals(): void {
  silentBody("name-unparsable", "should tell by the callback what has no port or is no name")
    .then((): void => {
      for (let i = 0; i < UNPARSABLE.length; i += 2) look(UNPARSABLE[i], UNPARSABLE[i + 1]);
      for (let kind = SERVICE; kind <= TEXT; kind++) {
        look("", "", kind);
        look(".", "", kind);
        look("a..b", "", kind);
        look("1.2.3.4", "", kind);
      }
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < endings.length; i++) failed(i, errors.INVALID_ARGUMENT, "\"");
      failed(1, errors.INVALID_ARGUMENT, "A/AAAA \"" + NAME + "\": ");
      equal(heard(), 0, "questions");
      closeBoth();
    });

  body("name-bad-server", "should refuse servers that cannot be meant, and quote them")
    .then((): void => {
      for (let i = 0; i < NO_SERVERS.length; i++) {
        refused(NO_SERVERS[i], "", NO_SERVERS[i]);
        refused("127.0.0.1:53," + NO_SERVERS[i] + ",[::1]:53", "", NO_SERVERS[i]);
      }
      refused("127.0.0.1,".repeat(8) + "127.0.0.2", "", "127.0.0.2");
      refused("127.0.0.1", "names.test, a..b", "a..b");
      close();
    });

  body("name-no-server", "should ask nobody for other records when nobody has named a server")
    .then((): void => {
      open("");
      look(NAME, "", SERVICE);
      look(NAME, "", TEXT);
      // Hosts of ours name one of their own, and then there is somebody to ask.
      if (!resolver.channel) return;
      expect(isNamed("EVENT_ENGINE_DNS_SERVERS") || isNamed("EVENT_ENGINE_HOST_DNS_SERVERS"), "a named server");
      destroyResolver();
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < 2; i++) {
        if (resolver) failed(i, errors.NOT_SUPPORTED, NAME + "\": no nameserver is known: set EVENT_ENGINE");
        else equal(reasons[i], CANCELLED, "as the reason");
      }
      close();
    });
}

function refused(servers: string, search: string, quoted: string): void {
  const text = refusal(servers, search);
  expect(text.includes("\"" + quoted + "\""), quoted + " in: " + text);
}

function isNamed(variable: string): bool {
  const position = mark();
  const value = cli.findVariable(variable);
  release(position);
  return value != 0;
}

function addCancels(): void {
  silentBody("lookup-cancel", "should never call back when it was cancelled, whatever it waits for")
    .then((): void => {
      for (let kind = HOST; kind <= TEXT; kind++) {
        const place = look(NAME, "1", kind);
        equal(lookups.ownerOf(slots[place], generations[place]), place, "as the owner");
        expect(cancel(place), "a cancel of what was begun just now");
        expect(!cancel(place), "no cancel of what was cancelled");
        equal(lookups.ownerOf(slots[place], generations[place]), 0, "as the owner of what was cancelled");
      }
      look("1.2.3.4:5");
      expect(cancel(3), "a cancel of what has ended, and was not told so");
      look(NAME, "1");
      look(NAME, "1");
      look(NAME, "1", TEXT, clock.after(LATER));
    })
    .until((): bool => isHeard(1))
    .then((): void => {
      expect(cancel(4), "a cancel of what was asked");
      expect(cancel(6), "a cancel of what has a deadline");
      expect(!cancel(6), "no second cancel");
      waitAWhile();
    })
    .until((): bool => noted() > 0)
    .then((): void => {
      equal(ended, 0, "ends");
      expect(cancel(5), "a cancel of what waited for the same, and waits on");
      waitAWhile();
    })
    .until((): bool => noted() > 1)
    .then((): void => {
      equal(ended, 0, "ends");
      closeBoth();
    });

  silentBody("lookup-cancel-late", "should not cancel what is over, its slot's next look-up, or nothing")
    .then((): void => {
      look("1.2.3.4:5", "", HOST, NEVER, (owner: usize): void => {
        expect(!cancel(<i32>owner), "no cancel in its own callback");
        noteEnd(owner);
      });
    })
    .until(allEnded)
    .then((): void => {
      look(NAME, "1");
      equal(slots[1], slots[0], "as the slot of the next look-up");
      expect(!cancel(0), "no cancel by a stale handle");
      lookups.tryCancel(slots[0], generations[0]);
      expect(!lookups.cancel(u32.MAX_VALUE, u32.MAX_VALUE), "no cancel of the invalid handle");
      expect(!lookups.cancel(12_345, 1), "no cancel of a slot that never was");
      equal(lookups.liveCount(), 1, "look-ups");
      expect(cancel(1), "a cancel of the one that waits");
      closeBoth();
    });
}

function addTryCancels(): void {
  silentBody("lookup-try-cancel", "should call back later, once, with CANCELLED, or as it had ended")
    .then((): void => {
      for (let kind = HOST; kind <= TEXT; kind++) look(NAME, "1", kind);
      look("1.2.3.4:5");
      for (let i = 0; i < 4; i++) {
        lookups.tryCancel(slots[i], generations[i]);
        lookups.tryCancel(slots[i], generations[i]);
      }
      equal(ended, 0, "ends inside of the call");
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < 3; i++) failed(i, CANCELLED, NAME);
      told(3, "[1.2.3.4:5]");
      waitAWhile();
    })
    .until((): bool => noted() > 0)
    .then(closeBoth);
}

function addEnds(): void {
  silentBody("name-destroyed", "should cancel what is under way when the resolver is destroyed")
    .then((): void => {
      for (let kind = HOST; kind <= TEXT; kind++) look(NAME, "1", kind);
      look(NAME, "1", HOST, clock.after(LATER));
    })
    .until((): bool => isHeard(1))
    .then((): void => {
      look("localhost:1");
      look(NAME, "2");
      destroyResolver();
      equal(ended, 0, "ends inside of the call");
      equal(resolvers.liveCount(), 0, "resolvers");
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < 4; i++) failed(i, CANCELLED, NAME);
      told(4, "[[::1]:1 127.0.0.1:1]");
      failed(5, CANCELLED, NAME);
      closeBoth();
    });

  silentBody("lookup-deadline", "should end at its deadline, not before, and not begin when that has passed")
    .then((): void => {
      look("1.2.3.4:5", "", HOST, clock.now());
      for (let kind = HOST; kind <= TEXT; kind++) look(NAME, "1", kind, 1);
      equal(heard(), 0, "questions");
      deadlineNs = monotonicClock.now() + 30 * MILLISECOND_NS;
      look(NAME, "1", HOST, deadlineNs, (owner: usize): void => {
        expect(monotonicClock.now() >= deadlineNs, "no end before the deadline");
        noteEnd(owner);
      });
      look(NAME, "1", TEXT, deadlineNs);
      look(NAME, "1", HOST, clock.after(LATER));
    })
    .until((): bool => ended == 6)
    .then((): void => {
      for (let i = 0; i < 4; i++) failed(i, DEADLINE_EXCEEDED, i ? NAME : "1.2.3.4:5");
      failed(4, DEADLINE_EXCEEDED, "asked " + where());
      failed(5, DEADLINE_EXCEEDED, "TXT " + NAME);
      expect(cancel(6), "a cancel of what has more time");
      closeBoth();
    });

  withSilent(body("lookup-silent", "should give up a server that never answers, and name it"))
    .then((): void => {
      open(where(), "", 0, 250, 2);
      look(NAME, "1");
      look(NAME, "", SERVICE);
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < 2; i++) failed(i, errors.TIMEOUT, NAME + ": no answer from " + where());
    })
    // Three questions, each asked twice.
    .until((): bool => isHeard(6))
    .then(closeBoth);

  silentBody("lookup-charged", "should charge look-ups to the allocator, and give all back at their ends")
    .then((): void => {
      const before = charged();
      for (let i = 0; i < 1000; i++) look("n" + i.toString() + ".names.test", "1");
      expect(charged() >= before + 1000 * 100, "a hundred bytes for each");
      for (let i = 0; i < 1000; i++) expect(cancel(i), "a cancel");
      equal(charged(), before, "bytes as before");
      closeBoth();
    });
}
