// Pages at servers that people run, through a gateway: a file of nginx to the byte, commands to Redis, and C guests.
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Gateway } from "#host/index.js";
import { type BrowserName, inBrowser, type Page } from "../support/browser/browser.js";
import { unusedPort } from "../support/client.js";
import { provide } from "../support/debian-tool.js";
import { until } from "../support/guard.js";
import { type RealServer, startReal, startRedis } from "../support/servers.js";
import { leaveOut } from "../support/verdict.js";
import { callOf, openGateway, openPage } from "./gateway.js";

const FILE_BYTES = 64 << 20;

async function startNginx(path: string, folder: string): Promise<RealServer> {
  const port = await unusedPort();
  const configuration = `
    daemon off; master_process off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off;
      client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
      uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      server { listen 127.0.0.1:${port}; root ${folder}/www; }
    }`;
  mkdirSync(join(folder, "www"));
  writeFileSync(join(folder, "nginx.conf"), configuration);
  return startReal(path, ["-c", join(folder, "nginx.conf"), "-p", folder, "-e", "stderr"], port);
}

interface ServersWorld {
  nginx: RealServer;
  redis: RealServer;
  hash: string;
  gateway: Gateway;
  url: string;
  page: Page;
}

type Body = (world: ServersWorld) => Promise<void>;

const bodies: Record<string, Body> = {
  "should fetch 64 MiB from nginx, to the byte": async ({ page, url, nginx, hash }) => {
    const fetched = await callOf(page)("fetchFile", { url }, nginx.address, "/file", FILE_BYTES);
    assert.equal(fetched, ["HTTP/1.1 200 OK", FILE_BYTES, hash]);
  },
  "should talk to Redis": async ({ page, url, redis }) => {
    const commands = ["PING", "SET key value", "APPEND key _and_more", "GET key", "INCR n", "INCR n", "NONSENSE"];
    const answers = await callOf(page)<string>("redis", { url }, redis.address, commands);
    const known = "+PONG +OK :14 $14 value_and_more :1 :2".split(" ");
    assert.equal(answers.split("\r\n").slice(0, known.length), known);
    assert.match(answers, /-ERR unknown command.*\r\n\+OK\r\n$/);
  },
};

/** What only browsers run that can suspend WebAssembly. */
const guestBodies: Record<string, Body> = {
  "should let a guest in C talk to Redis": async ({ page, url, redis }) => {
    const run = (...args: string[]): Promise<unknown[]> =>
      callOf(page)("runGuest", { url }, "redis-get-set", [redis.address, ...args]);
    assert.equal(await run("guest", "from a page"), [0, "OK\nfrom a page\n", ""]);
    assert.equal(await run("guest"), [0, "from a page\n", ""]);
  },
  "should let a guest in C fetch from where it may": async ({ page, url, nginx }) => {
    const words = [nginx.address, nginx.address, "127.0.0.2:80"];
    const [code, output] = await callOf(page)<[number, string]>("runGuest", { url }, "fetch-many", words);
    assert.is(code, 1);
    const lines = output.trim().split("\n").map((line) => line.replace(/\d+ bytes$/, "some bytes"));
    assert.equal(lines.sort(), [
      "127.0.0.2:80 failed: PERMISSION_DENIED access-denied", ...Array(2).fill(`${nginx.address} 403, some bytes`),
    ].sort());
  },
};

export function testServers(name: BrowserName): void {
  const [nginx, redis] = [provide("nginx"), provide("redis-server")];
  if (nginx === undefined || redis === undefined) {
    leaveOut("there is no nginx or no redis-server; test/tools/debian-tool.sh says how to get them");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "servers-"));
  chmodSync(folder, 0o755);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const world: Partial<ServersWorld> = {};
  inBrowser(name, "servers beyond the gateway", (tests) => {
    for (const [title, body] of Object.entries({ ...bodies, ...(name === "webkit" ? {} : guestBodies) })) {
      tests(title, async () => {
        const { gateway } = world as ServersWorld;
        await body(world as ServersWorld);
        await until(() => `${gateway.openCount} are open`, () => gateway.sessionCount + gateway.openCount === 0);
      });
    }
    tests.after(async () => {
      world.nginx?.end();
      world.redis?.end();
      await world.gateway?.close();
    });
  }, {
    before: async (browsers) => {
      world.nginx = await startNginx(nginx, folder);
      world.redis = await startRedis(folder);
      const file = randomBytes(FILE_BYTES);
      world.hash = createHash("sha256").update(file).digest("hex");
      writeFileSync(join(folder, "www", "file"), file);
      const rules = [world.nginx, world.redis].map(({ address }) => `tcp:${address}`);
      Object.assign(world, await openGateway({ rules, origins: [browsers.site.origin] }));
      world.page = await openPage(browsers);
    },
  });
}
