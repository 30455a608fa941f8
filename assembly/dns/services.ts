// Names of ports that a target may be written with: a few of the well-known ones, in the numbers that IANA gave them.
// The rest of the registry is left out: who means a rarer service writes its number.

const TABLE = "domain:53 ftp:21 http:80 https:443 imap:143 imaps:993 ldap:389 ldaps:636 ntp:123 smtp:25 ssh:22 ";

const COLON: i32 = 58;
const SPACE: i32 = 32;

/** The port of the service whose name stands at `text`, in any case; -1 when it is not in the table. */
export function portOf(text: usize, length: u32): i32 {
  for (let at = 0; at < TABLE.length; at++) {
    let i: u32 = 0;
    while (i < length && TABLE.charCodeAt(at) == letterAt(text + i)) {
      at++;
      i++;
    }
    const isFound = i == length && TABLE.charCodeAt(at) == COLON;
    if (!isFound) {
      while (TABLE.charCodeAt(at) != SPACE) at++;
      continue;
    }
    let port = 0;
    for (at++; TABLE.charCodeAt(at) != SPACE; at++) port = port * 10 + TABLE.charCodeAt(at) - 48;
    return port;
  }
  return -1;
}

/** In small letters. What cannot be part of a name becomes 0, which is in no name. */
@inline function letterAt(at: usize): i32 {
  const byte = <i32>load<u8>(at);
  if (<u32>(byte - 65) < 26) return byte | 32;
  return byte == SPACE || byte == COLON ? 0 : byte;
}
