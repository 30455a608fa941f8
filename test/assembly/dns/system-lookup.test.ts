// Look-ups by the system: literals without asking anyone, names to at most 16 addresses, and every way to fail.
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NetProbe } from "../../support/net-probe.js";
import { numbered, resolved, V4, V6 } from "../../support/resolved.js";

const NAME_UNRESOLVABLE = 18;

const lookups = suite("system look-up");

for (const literal of ["127.0.0.1", "::1", "2001:db8::7"]) {
  lookups(`should take ${literal} as it is and ask nobody`, async () => {
    const net = await NetProbe.create();
    net.call.lookupStart(net.put(literal), 80, 3);
    assert.equal(net.takeEvents(), [], "it tells in a later turn");
    net.settle();
    assert.equal(net.takeEvents(), ["resolved 3"]);
    assert.is(net.call.lookupStatus(), 0);
    assert.is(net.call.addressCount(), 1);
    const expected = literal.includes(":") ? `[${literal}]:80` : `${literal}:80`;
    assert.is(net.probe.text(net.call.addressText(0)), expected);
    assert.equal(net.host.calls, []);
    net.checkNothingLeft();
  });
}

lookups("should read every address of a name, in order, with the port", async () => {
  const net = await resolved(V6, V4);
  assert.is(net.call.addressCount(), 2);
  assert.is(net.probe.text(net.call.addressText(0)), "[2001:db8::7]:7000");
  assert.is(net.probe.text(net.call.addressText(1)), "192.0.2.1:7000");
  net.checkNothingLeft();
});

lookups("should wait while the resolver has nothing yet", async () => {
  const net = await NetProbe.create();
  net.host.resolved = [undefined, V6];
  net.call.lookupStart(net.put("name.example"), 80, 1);
  net.settle();
  assert.equal(net.takeEvents(), []);
  net.host.resolved = [V4, undefined];
  net.settle();
  assert.equal(net.takeEvents(), []);
  net.host.resolved = [];
  net.settle();
  assert.equal(net.takeEvents(), ["resolved 1"]);
  assert.is(net.call.addressCount(), 1);
  net.checkNothingLeft();
});

lookups("should keep at most 16 addresses", async () => {
  const net = await resolved(...Array.from({ length: 40 }, (_, index) => numbered(index)));
  assert.is(net.call.addressCount(), 16);
  assert.is(net.probe.text(net.call.addressText(15)), "10.0.0.15:7000");
  net.checkNothingLeft();
});

for (const step of ["resolve-addresses", "resolve-next-address"]) {
  for (const error of [NAME_UNRESOLVABLE, 19, 20, 1, 3]) {
    lookups(`should end with error ${error} of ${step}`, async () => {
      const net = await NetProbe.create();
      net.host.resolved = [V4];
      net.host.script(step, error);
      net.call.lookupStart(net.put("name.example"), 80, 1);
      net.settle();
      assert.equal(net.takeEvents(), ["resolved 1"]);
      assert.is(net.call.lookupStatus(), error + 1);
      net.checkNothingLeft();
    });
  }
}

lookups("should say that a name without addresses cannot be resolved", async () => {
  const net = await NetProbe.create();
  net.call.lookupStart(net.put("name.example"), 80, 1);
  net.settle();
  assert.is(net.call.lookupStatus(), NAME_UNRESOLVABLE + 1);
  net.checkNothingLeft();
});

lookups.run();
