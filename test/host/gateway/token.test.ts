// Tokens of the gateway: good ones, old ones, forged ones.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createHmac } from "node:crypto";
import { readToken, secretFrom, signToken, TOKEN_SECONDS_MAX } from "#host/node/gateway/token.js";
import { Random, SEED } from "../../support/bytes.js";

const SECRET = secretFrom("a secret of sixteen bytes or more");
const NOW = 1_700_000_000_000;

const tokens = suite("gateway tokens");

/** A token whose signature is right, whatever it says. */
function signed(payload: string): string {
  const text = `v1.${Buffer.from(payload).toString("base64url")}`;
  return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
}

tokens("should say what they were signed with, until they expire", () => {
  const token = signToken(SECRET, 60, ["tcp:*:443"], NOW);
  assert.match(token, /^v1\.[\w-]+\.[\w-]+$/);
  assert.equal(readToken(SECRET, token, NOW), { rules: ["tcp:*:443"] });
  assert.equal(readToken(SECRET, token, NOW + 59_999), { rules: ["tcp:*:443"] });
  assert.is(readToken(SECRET, token, NOW + 60_000), "expired");
  assert.equal(readToken(SECRET, signToken(SECRET, 1, null, NOW), NOW), { rules: null });
  assert.equal(readToken(SECRET, signToken(SECRET, 1, [], NOW), NOW), { rules: [] });
});

tokens("should be refused with another secret, and when anything of them is changed", () => {
  const token = signToken(SECRET, 60, ["tcp:*:443"], NOW);
  assert.is(readToken(secretFrom("another secret of enough bytes"), token, NOW), "invalid");
  const [version, payload, signature] = token.split(".") as [string, string, string];
  const wider = Buffer.from(Buffer.from(payload, "base64url").toString().replace("443", "*"))
    .toString("base64url");
  for (const forged of [
    "", "v1", "v1.", "v1..", `${version}.${payload}`, `${version}.${payload}.`, `v2.${payload}.${signature}`,
    `${version}.${wider}.${signature}`, `${token}.x`, `${version}.${payload}.${signature.slice(0, -2)}`,
    `${version}..${signature}`, `x${token}`,
  ]) {
    assert.is(readToken(SECRET, forged, NOW), "invalid", forged);
  }
});

tokens(`should be refused with any byte changed (seed ${SEED})`, () => {
  const random = new Random();
  const token = signToken(SECRET, 60, ["tcp:*:443"], NOW);
  for (let round = 0; round < 500; round++) {
    const at = random.below(token.length);
    const letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[random.below(64)] as string;
    const changed = token.slice(0, at) + letter + token.slice(at + 1);
    const isSameBytes = changed.split(".").map((part) => Buffer.from(part, "base64url").toString("hex")).join()
      === token.split(".").map((part) => Buffer.from(part, "base64url").toString("hex")).join();
    if (!isSameBytes) assert.is(readToken(SECRET, changed, NOW), "invalid", `round ${round}: ${changed}`);
  }
});

tokens("should be refused when their signature is right and nothing else is", () => {
  for (const payload of ["", "{", "null", "[]", "{}", '{"until":"x"}', '{"until":1800000000,"allow":"tcp:*:*"}',
    '{"until":1800000000,"allow":[1]}']) {
    assert.is(readToken(SECRET, signed(payload), NOW), "invalid", payload);
  }
  const far = NOW / 1000 + TOKEN_SECONDS_MAX + 10;
  assert.is(readToken(SECRET, signed(`{"until":${far}}`), NOW), "invalid", "good for longer than any may be");
  assert.equal(readToken(SECRET, signed(`{"until":${far - 20}}`), NOW), { rules: null });
});

tokens("should be short-lived and signed with a real secret", () => {
  for (const seconds of [0, -1, 1.5, NaN, Infinity, TOKEN_SECONDS_MAX + 1]) {
    assert.throws(() => signToken(SECRET, seconds), /1 to 86400 whole seconds/);
  }
  assert.throws(() => signToken("short", 60), /16 bytes at least/);
  assert.throws(() => secretFrom(new Uint8Array(15)), /16 bytes at least/);
  assert.throws(() => signToken(SECRET, 60, [`tcp:${"x".repeat(9000)}.example:1`]), /too many rules/);
});

tokens.run();
