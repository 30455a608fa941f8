// The engine that this page shows, on a platform of this page: a network within it, the gateway beside it, and meters
// in between.

import { EventEngine, PageNetwork, pagePlatform } from "wasi-event-engine";
import { ECHO_ADDRESS } from "./echo-server.js";
import { GatewayLink } from "./gateway-link.js";
import { TimerBoard } from "./timer-board.js";
import { TrafficMeter } from "./traffic-meter.js";
import { TurnMeter } from "./turn-meter.js";

export const QUOTA_BYTES = 16 << 20;

export class Lab {
  /** `settings` come from the server; `onGateway` is told of the gateway's states. */
  static async create(settings, onGateway, onUncaught) {
    const lab = new Lab();
    lab.settings = settings;
    lab.turns = new TurnMeter();
    lab.traffic = new TrafficMeter(lab.turns);
    lab.network = PageNetwork.shared();
    lab.gateway = new GatewayLink(settings.gateway, onGateway);
    lab.echoAddresses = { page: ECHO_ADDRESS, gateway: `127.0.0.1:${settings.echoPort}` };
    const echoes = Object.values(lab.echoAddresses);
    const nameOf = (remote) => (echoes.includes(remote) ? "load" : "fault");
    const platform = lab.platform(nameOf, "page");
    lab.engine = await EventEngine.create({
      platform: { ...platform, clock: lab.turns.clock(platform.clock) }, quota: QUOTA_BYTES, onUncaught,
    });
    lab.turns.watch(lab.engine);
    lab.timers = new TimerBoard(lab.engine, lab.turns);
    return lab;
  }

  /**
   * This page as a platform, counted. `where` is "gateway": everything is behind the gateway. It is "page": loopback
   * addresses are in the page, except for the port of the server's real echo. `nameOf(remote)` is the name that a
   * connection is shown with.
   */
  platform(nameOf, where) {
    const { traffic, settings } = this;
    const isOutside = ({ port }) => where === "gateway" || port === settings.echoPort;
    const network = traffic.transport(this.network, "page", nameOf);
    const gateway = traffic.transport(this.gateway.transport, "gateway", nameOf);
    return pagePlatform({ network, gateway, route: (address) => (isOutside(address) ? gateway : undefined) });
  }

  /** Given to the engine, and counted when it runs. */
  counted(callback) {
    return this.turns.counted(callback);
  }

  get live() {
    return this.engine.live();
  }
}
