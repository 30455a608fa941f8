// Which requests may become a WebSocket of the gateway.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  isLoopbackText, originFrom, refusalOf, type RequestRules, type UpgradeRequest,
} from "#host/node/gateway/request-checks.js";

const RULES: RequestRules = {
  path: "/", origins: new Set(["https://app.example", "http://localhost:8080"]), hosts: new Set(), hasSecret: false,
};
const GOOD: UpgradeRequest = {
  url: "/", origin: "https://app.example", host: "127.0.0.1:9000", localAddress: "127.0.0.1", localPort: 9000,
};

const reason = (change: Partial<UpgradeRequest>, rules: Partial<RequestRules> = {}): string | null =>
  refusalOf({ ...GOOD, ...change }, { ...RULES, ...rules })?.[1] ?? null;

const origins = suite("origins of gateway requests");

origins("should be on the list, exactly as browsers write them", () => {
  assert.is(reason({}), null);
  assert.is(reason({ origin: "http://localhost:8080" }), null);
  for (const origin of [
    "http://app.example", "https://app.example:8443", "https://app.example.evil.example", "https://evil.example",
    "https://APP.example", "HTTPS://app.example", "https://app.example/", "https://app.example, https://evil.example",
    "http://localhost:8081", "http://localhost", "null", "", "*", "file://", "https://xapp.example",
  ]) {
    assert.is(reason({ origin }), "the Origin is not allowed", origin);
  }
});

origins("should be missing only where a token is asked for, and on the list even there", () => {
  assert.is(reason({ origin: undefined }), "there is no Origin");
  assert.is(reason({ origin: undefined }, { hasSecret: true }), null);
  assert.is(reason({ origin: "https://evil.example" }, { hasSecret: true }), "the Origin is not allowed");
  assert.is(reason({ origin: "null" }, { hasSecret: true }), "the Origin is not allowed");
});

origins("should be read from an operator in every spelling, and nothing else", () => {
  assert.is(originFrom("HTTPS://App.Example:443"), "https://app.example");
  assert.is(originFrom("http://[::1]:80/"), "http://[::1]");
  for (const text of ["", "*", "null", "app.example", "https://", "https://app.example/path", "file:///tmp",
    "https://app.example?x", "data:text/html,x", "https://*.example"]) {
    assert.throws(() => originFrom(text), /is not an origin/, text);
  }
});

origins.run();

const hosts = suite("hosts and places of gateway requests");

hosts("should name the gateway", () => {
  assert.is(reason({ host: "localhost:9000" }), null);
  assert.is(reason({ host: "LOCALHOST:9000" }), null);
  assert.is(reason({ host: "[::1]:9000", localAddress: "::1" }), null);
  assert.is(reason({ host: "127.0.0.1:9000", localAddress: "::ffff:127.0.0.1" }), null);
  assert.is(reason({ host: "127.0.0.1", localPort: 80 }), null);
  for (const host of [undefined, "", "evil.example", "evil.example:9000", "127.0.0.1", "127.0.0.1:9001", "localhost",
    "127.0.0.1:9000.evil.example", "127.0.0.2:9000", "[::1]:9000"]) {
    assert.is(reason({ host }), "the Host is not one of this gateway", host);
  }
  assert.is(reason({ host: "Gateway.Example" }, { hosts: new Set(["gateway.example"]) }), null);
  const [isPublic, signed] = [{ localAddress: "93.184.216.34" }, { hasSecret: true }];
  assert.is(reason({ ...isPublic, host: "localhost:9000" }, signed), "the Host is not one of this gateway");
  assert.is(reason({ ...isPublic, host: "93.184.216.34:9000" }, signed), null);
});

hosts("should come from this machine when there is no secret", () => {
  const change = { localAddress: "93.184.216.34", host: "93.184.216.34:9000" };
  assert.is(reason(change), "without a secret the gateway serves its own machine only");
  assert.is(reason(change, { hasSecret: true }), null);
  for (const text of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) assert.ok(isLoopbackText(text), text);
  for (const text of ["0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "128.0.0.1", "localhost", ""]) {
    assert.not(isLoopbackText(text), text);
  }
});

hosts("should ask for the one path, and not carry a token there", () => {
  assert.is(reason({ url: "/other" }), "nothing is here");
  assert.is(reason({ url: undefined }), "nothing is here");
  assert.is(reason({ url: "/?token=v1.x.y" }), "a token belongs into the first frame, not into the URL");
  assert.is(reason({ url: "/?" }), "a token belongs into the first frame, not into the URL");
  assert.is(reason({ url: "/gateway" }, { path: "/gateway" }), null);
});

hosts.run();
