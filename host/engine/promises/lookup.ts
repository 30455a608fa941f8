// Look-ups with a promise. See DNSResolver for what names, ports and options mean.

import type { ResolvedAddress } from "../address.js";
import type { DeadlineOptions, DNSResolver, SRVRecord } from "../dns-interfaces.js";
import type { LookupHandle } from "../handles.js";
import { type Status, StatusError } from "../status.js";
import { Waiter } from "./waiter.js";

export interface LookupPromiseOptions extends DeadlineOptions {
  /** Cancels the look-up: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The addresses of `name`, in the order in which to try them; or rejects with a StatusError. */
export function lookupHostname(
  resolver: DNSResolver, name: string, defaultPort: string | number, options?: LookupPromiseOptions,
): Promise<readonly ResolvedAddress[]> {
  return lookUp(resolver, options, (onResolve, rest) => {
    return resolver.lookupHostname(onResolve, name, defaultPort, rest);
  });
}

/** The service records of `name`; or rejects with a StatusError. */
export function lookupSRV(
  resolver: DNSResolver, name: string, options?: LookupPromiseOptions,
): Promise<readonly SRVRecord[]> {
  return lookUp(resolver, options, (onResolve, rest) => resolver.lookupSRV(onResolve, name, rest));
}

/** The texts of `name`, one per record; or rejects with a StatusError. */
export function lookupTXT(
  resolver: DNSResolver, name: string, options?: LookupPromiseOptions,
): Promise<readonly string[]> {
  return lookUp(resolver, options, (onResolve, rest) => resolver.lookupTXT(onResolve, name, rest));
}

type OnResolve<T> = (status: Status, value: T | null) => void;

async function lookUp<T>(
  resolver: DNSResolver, { signal, ...rest }: LookupPromiseOptions = {},
  begin: (onResolve: OnResolve<T>, rest: DeadlineOptions) => LookupHandle,
): Promise<T> {
  let handle: LookupHandle;
  const waiter = new Waiter<T>([signal], () => { resolver.cancelLookup(handle); });
  try {
    handle = begin((status, value) => {
      if (value === null) waiter.reject(new StatusError(status));
      else waiter.resolve(value);
    }, rest);
  } catch (error) {
    waiter.reject(error);
  }
  return waiter.promise;
}
