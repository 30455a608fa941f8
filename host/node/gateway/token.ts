// Tokens of a gateway: who holds one may come in until it expires, and do what its rules allow, if it has any, of what
// the gateway's allow. They are made by whoever knows the secret, such as the server of the page.
//
//   v1.PAYLOAD.SIGNATURE     both base64url; the signature is HMAC-SHA256 of everything before it

import { createHmac, timingSafeEqual } from "node:crypto";
import { TOKEN_BYTES_MAX } from "../../gateway/limits.js";

/** A leaked token is of use for a day at most, whatever it says. */
export const TOKEN_SECONDS_MAX = 86_400;
/** Shorter secrets can be guessed. */
export const SECRET_BYTES_MIN = 16;

const VERSION = "v1";

export interface TokenClaims {
  /** Null: whatever the gateway allows. */
  readonly rules: readonly string[] | null;
}

/** A secret as it may be used; throws when it is too short. */
export function secretFrom(secret: string | Uint8Array): Uint8Array {
  const bytes = typeof secret === "string" ? Buffer.from(secret) : secret;
  if (bytes.length < SECRET_BYTES_MIN) throw new Error(`a secret has ${SECRET_BYTES_MIN} bytes at least`);
  return bytes;
}

/** A token that is good for `seconds` from `nowMs`. Rules are not looked at here; the gateway refuses bad ones. */
export function signToken(
  secret: string | Uint8Array, seconds: number, rules: readonly string[] | null = null, nowMs = Date.now(),
): string {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > TOKEN_SECONDS_MAX) {
    throw new Error(`a token is good for 1 to ${TOKEN_SECONDS_MAX} whole seconds`);
  }
  const claims = { until: Math.ceil(nowMs / 1000) + seconds, ...(rules === null ? {} : { allow: rules }) };
  const signed = `${VERSION}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  const token = `${signed}.${signatureOf(secretFrom(secret), signed).toString("base64url")}`;
  if (token.length > TOKEN_BYTES_MAX) throw new Error("too many rules for one token");
  return token;
}

/** What a token says, or what is wrong with it. The signature is checked before anything in it is read. */
export function readToken(secret: Uint8Array, token: string, nowMs = Date.now()): TokenClaims | "invalid" | "expired" {
  const [version, payload, signature, ...rest] = token.split(".");
  if (version !== VERSION || payload === undefined || signature === undefined || rest.length > 0) return "invalid";
  const expected = signatureOf(secret, `${version}.${payload}`);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "invalid";
  const claims = parse(payload);
  if (claims === null) return "invalid";
  const leftMs = claims.until * 1000 - nowMs;
  if (leftMs <= 0) return "expired";
  return leftMs > (TOKEN_SECONDS_MAX + 1) * 1000 ? "invalid" : { rules: claims.allow };
}

function signatureOf(secret: Uint8Array, text: string): Buffer {
  return createHmac("sha256", secret).update(text).digest();
}

function parse(payload: string): { until: number; allow: readonly string[] | null } | null {
  try {
    const { until, allow = null } = JSON.parse(Buffer.from(payload, "base64url").toString()) as
      { until?: unknown; allow?: unknown };
    const isList = Array.isArray(allow) && allow.every((rule) => typeof rule === "string");
    if (typeof until !== "number" || !(isList || allow === null)) return null;
    return { until, allow: allow as readonly string[] | null };
  } catch {
    return null;
  }
}
