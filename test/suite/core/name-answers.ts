// Names that a nameserver outside is asked about: what it has, and how often it is asked. It has the names of
// test/suite/face/names.ts; `count.names.test` has another text for every question.

import * as lookups from "../../../assembly/dns/lookup";
import * as resolvers from "../../../assembly/dns/resolver";
import { Resolver } from "../../../assembly/dns/resolver";
import { ALIAS_LOOP, NO_RECORDS, OK } from "../../../assembly/net/reason";
import { NEVER } from "../../../assembly/time/timer-heap";
import * as errors from "../../../assembly/wasi/error-code";
import { Body, body, equal, expect, fail, noted } from "./harness";
import {
  HOST, SERVICE, TEXT, allEnded, another, cancel, charged, close, destroyResolver, ended, endings, failed, look,
  noteEnd, open, openOutside, outside, reasons, told, waitAWhile,
} from "./resolving";
import { closeBoth, isHeard, where, withSilent } from "./silent-server";

const COUNTING: string = "count.names.test";
const MANY: i32 = 500;
const EQUAL: i32 = 100;

let other: Resolver = changetype<Resolver>(0);

/** A body that begins with a resolver which asks the peer. */
function askingBody(name: string, title: string): Body {
  return body(name, title).with("nameserver").then(openOutside);
}

/** These are the addresses, in any order. */
function toldAll(place: i32, wanted: string[]): void {
  const text = endings[place];
  const found = text.substring(1, text.length - 1).split(" ").sort().join(" ");
  if (found != wanted.join(" ")) fail("expected " + wanted.join(" ") + ", found " + text);
}

export function add(): void {
  addAddresses();
  addRecords();
  addFailures();
  addMany();
  addKept();
  addResolvers();
  addTogether();
}

function addAddresses(): void {
  askingBody("name-a", "should find all IPv4 addresses, with the default port or the name's own")
    .then((): void => {
      look("three.names.test", "443");
      look("THREE.names.test.:80", "https");
    })
    .until(allEnded)
    .then((): void => {
      toldAll(0, ["192.0.2.1:443", "192.0.2.2:443", "192.0.2.3:443"]);
      toldAll(1, ["192.0.2.1:80", "192.0.2.2:80", "192.0.2.3:80"]);
      close();
    });

  askingBody("name-aaaa", "should find all IPv6 addresses, with the default port or the name's own")
    .then((): void => {
      look("six.names.test", "https");
      look("six.names.test:80", "443");
    })
    .until(allEnded)
    .then((): void => {
      toldAll(0, ["[2001:db8::1]:443", "[2001:db8::2]:443", "[2001:db8::3]:443"]);
      toldAll(1, ["[2001:db8::1]:80", "[2001:db8::2]:80", "[2001:db8::3]:80"]);
      close();
    });

  askingBody("name-both", "should join the addresses of both families")
    .then((): void => { look("both.names.test", "1"); })
    .until(allEnded)
    .then((): void => {
      toldAll(0, ["192.0.2.9:1", "[2001:db8::9]:1"]);
      close();
    });

  askingBody("name-sorted", "should sort what it found by RFC 6724")
    .then((): void => { look("sorted.names.test:1234"); })
    .until(allEnded)
    .then((): void => {
      told(0, "[[::1]:1234 [2002::1111]:1234]");
      close();
    });

  askingBody("name-alias", "should follow aliases to the addresses")
    .then((): void => { look("chain-5.names.test:5"); })
    .until(allEnded)
    .then((): void => {
      told(0, "[192.0.2.7:5]");
      close();
    });
}

function addRecords(): void {
  askingBody("name-srv", "should find service records by priority, hosts without a dot at the end")
    .then((): void => { look("_service._tcp.names.test", "", SERVICE); })
    .until(allEnded)
    .then((): void => {
      told(0, "[0 5 1234 h1.names.test, 1 3 1235 h2.names.test]");
      close();
    });

  askingBody("name-txt", "should find texts, and join the strings of one record")
    .then((): void => { look("text.names.test", "", TEXT); })
    .until(allEnded)
    .then((): void => {
      const long = "a".repeat(255) + "b".repeat(255) + "c".repeat(255);
      if (endings[0] != "[" + long + ", a short text]") told(0, "[a short text, " + long + "]");
      close();
    });

  askingBody("name-long", "should ask by a stream for an answer that is too long for a datagram")
    .then((): void => {
      look("long.names.test", "", TEXT);
      look("long.names.test", "", TEXT);
      look("text.names.test", "", TEXT);
    })
    .until(allEnded)
    .then((): void => {
      const wanted = "[" + "0123456789".repeat(2000) + "]";
      expect(endings[0] == wanted, "twenty thousand bytes, found " + endings[0].length.toString());
      expect(endings[1] == wanted, "the same for who waited, too");
      equal(reasons[2], OK, "as the reason of the neighbour");
      close();
    });
}

function addFailures(): void {
  askingBody("name-none", "should say of a name that is not there that it was not found")
    .then((): void => {
      look("no-such-host.names.test", "443");
      look("no-such-host.names.test", "", SERVICE);
    })
    .until(allEnded)
    .then((): void => {
      failed(0, errors.NAME_UNRESOLVABLE, "A/AAAA no-such-host.names.test: no such name (said " + outside());
      failed(1, errors.NAME_UNRESOLVABLE, "SRV no-such-host.names.test: no such name (said " + outside());
      close();
    });

  askingBody("lookup-failures", "should tell apart how look-ups fail, with the name, the type and the server")
    .then((): void => {
      look("nothing.names.test", "1");
      look("three.names.test", "", TEXT);
      look("circle-1.names.test", "1");
      look("servfail.names.test", "1");
      look("refused.names.test", "", SERVICE);
    })
    .until(allEnded)
    .then((): void => {
      failed(0, NO_RECORDS, "A/AAAA nothing.names.test: no records of this type (said " + outside());
      failed(1, NO_RECORDS, "TXT three.names.test: no records of this type (said " + outside());
      failed(2, ALIAS_LOOP, "A/AAAA circle-1.names.test: its aliases lead in a circle");
      failed(3, errors.TEMPORARY_RESOLVER_FAILURE, "(said " + outside());
      failed(4, errors.PERMANENT_RESOLVER_FAILURE, "SRV refused.names.test: ");
      close();
    });
}

function addMany(): void {
  askingBody("name-forgotten", "should find five hundred names at once, whose texts are gone after the call")
    .then((): void => {
      for (let i = 0; i < MANY; i++) look("h" + i.toString() + ".names.test", (i + 1).toString());
      equal(ended, 0, "ends inside of the calls");
    })
    .until(allEnded)
    .then((): void => {
      for (let i = 0; i < MANY; i++) {
        told(i, "[198.18." + (i >> 8).toString() + "." + (i & 255).toString() + ":" + (i + 1).toString() + "]");
      }
      close();
    });

  body("lookup-joined", "should ask once for what many look up at the same time").with("nameserver")
    .then((): void => {
      open(outside(), "", 0);
      for (let i = 0; i < EQUAL; i++) look(i & 1 ? COUNTING : "COUNT.Names.Test", "", TEXT);
      for (let i = 0; i < EQUAL; i += 3) expect(cancel(i), "a cancel of one of them");
    })
    .until((): bool => ended == EQUAL - (EQUAL + 2) / 3)
    .then((): void => {
      for (let i = 1; i < EQUAL; i++) if (i % 3) told(i, endings[1]);
      equal(reasons[1], OK, "as the reason of: " + endings[1]);
      look(COUNTING, "", TEXT);
    })
    .until((): bool => reasons[EQUAL] >= 0)
    .then((): void => {
      equal(reasons[EQUAL], OK, "as the reason of: " + endings[EQUAL]);
      expect(endings[EQUAL] != endings[1], "another question, because nothing was kept");
      close();
    });
}

function addKept(): void {
  askingBody("lookup-kept", "should keep answers as long as they live, charged, until the resolver goes")
    .then((): void => {
      other = another(outside(), "", 0);
      look(COUNTING, "", TEXT);
      look("no-such-host.names.test", "1");
    })
    .until(allEnded)
    .then((): void => {
      const before = charged();
      look(COUNTING + ".", "", TEXT);
      look("COUNT.names.test:7", "", TEXT);
      look("no-such-host.names.test", "2");
      expect(charged() > before, "charges for look-ups");
    })
    .until(allEnded)
    .then((): void => {
      equal(reasons[0], OK, "as the reason of: " + endings[0]);
      told(2, endings[0]);
      told(3, endings[0]);
      failed(4, errors.NAME_UNRESOLVABLE, "no-such-host.names.test");
      look(COUNTING, "", TEXT, NEVER, noteEnd, other);
    })
    .until(allEnded)
    .then((): void => {
      equal(reasons[5], OK, "as the reason of: " + endings[5]);
      expect(endings[5] != endings[0], "a question by the resolver that keeps nothing");
      resolvers.destroy(other);
      const before = charged();
      destroyResolver();
      expect(charged() < before, "nothing kept without the resolver");
      equal(charged(), 0, "bytes");
      close();
    });
}

function addResolvers(): void {
  withSilent(body("name-server", "should go on to the next server when one is silent").with("nameserver"))
    .then((): void => {
      open(where() + "," + outside(), "", 0, 250);
      look("one.names.test", "1");
    })
    .until((): bool => isHeard(1))
    .until(allEnded)
    .then((): void => {
      told(0, "[192.0.2.7:1]");
      closeBoth();
    });

  body("lookup-searched", "should try the search domains for names without a dot, in order").with("nameserver")
    .then((): void => {
      open(outside(), "nowhere.names.test domain.names.test,names.test");
      look("deep", "1");
      look("one", "1");
      look("one.", "1");
      look("_service._tcp", "", SERVICE);
    })
    .until(allEnded)
    .then((): void => {
      told(0, "[192.0.2.8:1]");
      told(1, "[192.0.2.7:1]");
      failed(2, errors.PERMANENT_RESOLVER_FAILURE, "A/AAAA one: ");
      failed(3, errors.PERMANENT_RESOLVER_FAILURE, "SRV _service._tcp: ");
      close();
    });
}

function addTogether(): void {
  askingBody("lookup-in-callback", "should be allowed in a callback, also destruction there")
    .then((): void => {
      look("three.names.test", "1", HOST, NEVER, (owner: usize): void => {
        noteEnd(owner);
        look("silent.names.test", "1");
        look("one.names.test", "1", HOST, NEVER, (inner: usize): void => {
          noteEnd(inner);
          const before = ended;
          destroyResolver();
          equal(ended, before, "ends inside of the call");
        });
      });
    })
    .until((): bool => ended == 3)
    .then((): void => {
      told(2, "[192.0.2.7:1]");
      expect(endings[1].includes("silent.names.test: the look-up was cancelled"), "a cancel: " + endings[1]);
      waitAWhile();
    })
    .until((): bool => noted() > 0)
    .then((): void => {
      equal(lookups.liveCount(), 0, "look-ups");
      close();
    });

  askingBody("lookup-two-resolvers", "should keep resolvers apart, each with its own answers")
    .then((): void => {
      other = another(outside());
      look(COUNTING, "", TEXT);
      look(COUNTING, "", TEXT, NEVER, noteEnd, other);
      look("silent.names.test", "1", HOST, NEVER, noteEnd, other);
    })
    .until((): bool => ended == 2)
    .then((): void => {
      expect(endings[0] != endings[1], "a question of each: " + endings[0]);
      resolvers.destroy(other);
      look("three.names.test", "1");
    })
    .until(allEnded)
    .then((): void => {
      equal(reasons[3], OK, "as the reason of the resolver that stays");
      close();
    });
}
