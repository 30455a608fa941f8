// Whom a resolver asks that was told nobody: the environment's servers, then the host's virtual nameserver; and what of
// the environment an engine sees.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EventEngine, nodePlatform, StatusError } from "#host/index.js";
import type { EventEngineOptions } from "#host/engine/event-engine.js";
import { lookupHostname, lookupSRV, lookupTXT } from "#host/engine/promises.js";
import { loopbackNameserver } from "../../conformance/nameservers.js";
import type { OpenNameserver } from "../../conformance/seam-nameserver.js";
import { rejection } from "../../support/adapter-steps.js";
import { within } from "../../support/guard.js";

const VARIABLE = "EVENT_ENGINE_DNS_SERVERS";

const test = suite("a resolver's environment");

let server: OpenNameserver;
test.before.each(async () => { server = await loopbackNameserver(); });
test.after.each(() => {
  server.end();
  delete process.env[VARIABLE];
});

/** What `run` says of an engine with these options; the engine has nothing left afterwards. */
async function onEngine<T>(options: EventEngineOptions, run: (engine: EventEngine) => Promise<T>): Promise<T> {
  const engine = await EventEngine.create(options);
  try {
    return await within("look-ups", run(engine));
  } finally {
    await engine.close();
    assert.equal(Object.entries(engine.live()).filter(([, count]) => count !== 0), []);
  }
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  const error = await rejection(promise);
  assert.instance(error, StatusError);
  return `${(error as StatusError).code}: ${(error as StatusError).message}`;
}

test("should be the variable, of this process when nothing else is said", async () => {
  process.env[VARIABLE] = server.address;
  const found = await onEngine({}, (engine) => lookupHostname(engine.getDNSResolver(), "one.names.test", 80));
  assert.equal(found.map(String), ["192.0.2.7:80"]);
  assert.equal(server.asked(), ["A one.names.test", "AAAA one.names.test"]);
});

test("should be the variable that was granted, and go behind the resolver's own servers", async () => {
  process.env[VARIABLE] = "not a server";
  const grants = { udp: true, tcp: true, env: { [VARIABLE]: server.address } };
  await onEngine({ grants }, async (engine) => {
    assert.equal((await lookupHostname(engine.getDNSResolver(), "h1.names.test", 80)).map(String), ["198.18.0.1:80"]);
  });
  const bad = { ...grants, env: { [VARIABLE]: "127.0.0.1:1:2,also not" } };
  await onEngine({ grants: bad }, async (engine) => {
    const own = engine.getDNSResolver({ dnsServer: server.address });
    assert.equal((await lookupHostname(own, "h2.names.test", 80)).map(String), ["198.18.0.2:80"]);
  });
});

test("should be refused when it cannot be read, by its name", async () => {
  process.env[VARIABLE] = "127.0.0.1,not a server";
  await onEngine({}, async (engine) => {
    for (const part of [VARIABLE, "not a server"]) {
      assert.throws(() => engine.getDNSResolver(), (error: Error) => error.message.includes(part));
    }
    assert.is(engine.live().resolvers, 0);
  });
});

test("should not be that of this process on somebody else's platform", async () => {
  process.env[VARIABLE] = "not a server";
  await onEngine({ platform: nodePlatform() }, async (engine) => engine.getDNSResolver().destroy());
});

test("should be the virtual nameserver for services and texts, and the system for addresses", async () => {
  const platform = nodePlatform({ nameservers: () => [server.address] });
  await onEngine({ platform }, async (engine) => {
    const resolver = engine.getDNSResolver();
    assert.is((await lookupSRV(resolver, "_service._tcp.names.test")).length, 2);
    assert.is((await lookupTXT(resolver, "text.names.test")).length, 2);
    assert.match(await messageOf(lookupHostname(resolver, "one.names.test", 80)), /A\/AAAA one\.names\.test/);
  });
  assert.not(server.asked().some((question) => question.startsWith("A")), "not for addresses");
});

test("should be nobody when nothing is granted", async () => {
  await onEngine({ grants: { tcp: true } }, async (engine) => {
    const message = await messageOf(lookupTXT(engine.getDNSResolver(), "text.names.test"));
    assert.match(message, new RegExp(`^UNIMPLEMENTED: TXT .*${VARIABLE}`));
  });
  await onEngine({ grants: { tcp: true, env: { [VARIABLE]: server.address } } }, async (engine) => {
    assert.match(await messageOf(lookupTXT(engine.getDNSResolver(), "text.names.test")), /^PERMISSION_DENIED/);
    assert.match(await messageOf(lookupHostname(engine.getDNSResolver(), "a.test", 1)), /^PERMISSION_DENIED/);
  });
  await onEngine({ grants: { tcp: true } }, async (engine) => {
    // As WASI has it: a host that looks no names up fails for good.
    const message = await messageOf(lookupHostname(engine.getDNSResolver(), "one.names.test", 1));
    assert.match(message, /^UNKNOWN: .* permanent resolver failure \(said the system\)/);
  });
  assert.equal(server.asked(), []);
});

test.run();
