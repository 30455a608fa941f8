// An echo server on plain WASI, as other people write them: it must behave like ours, wherever a component runs.
import { suite } from "uvu";
import { wasmtimeGuestArm } from "../support/guests.js";
import { echoCases } from "./echo-cases.js";

for (const arm of [wasmtimeGuestArm("wasi-echo")]) {
  const echo = suite(`wasi-echo on ${arm.name}`);
  echoCases(echo, arm, ["--listen", "127.0.0.1:0"]);
  echo.run();
}
