// Reasons and codes: the table of docs/errors.md, the core and the TypeScript face say the same.
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { StatusCode } from "#host/engine/status.js";
import { codeOfError, statusOf } from "#host/engine/status-table.js";
import { NetProbe } from "../../support/net-probe.js";

const ROW = /^\| [^|]+ \| ([A-Z_]+) \| `([a-z-]+)` \((\d+)\) \| ([^|]+) \|$/gm;

const table = suite("reasons");

table("should be in the table of errors as the core and the face have them", async () => {
  const net = await NetProbe.create();
  const text = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(ROW)].map(([, code, name, number, message]) => {
    return { code: StatusCode[code as keyof typeof StatusCode], name, reason: Number(number), message };
  });
  assert.is(rows.length, 24);
  for (const { code, name, reason, message } of rows) {
    assert.is(net.call.codeOf(reason), code, `code of ${name}`);
    const status = statusOf(code, reason);
    assert.equal([status.reason, status.message], [name, message]);
    if (reason < 32) assert.is(codeOfError(reason), code, `${name} in the face`);
  }
});

table("should have a code for every error code of wasi:sockets", async () => {
  const net = await NetProbe.create();
  for (let reason = 1; reason <= 21; reason++) {
    assert.is.not(net.call.codeOf(reason), StatusCode.OK);
    assert.ok(StatusCode[net.call.codeOf(reason)] !== undefined);
  }
  assert.is(net.call.codeOf(0), StatusCode.OK);
});

table.run();
