// An echo server on plain WASI, as other people write them: it must behave like ours, wherever a component runs.
import { suite } from "uvu";
import { guestArms } from "../support/guests.js";
import { echoCases } from "./echo-cases.js";

for (const { label, arm } of guestArms("wasi-echo")) {
  const echo = suite(`wasi-echo on ${label}`);
  echoCases(echo, arm, ["--listen", "127.0.0.1:0"]);
  echo.run();
}
