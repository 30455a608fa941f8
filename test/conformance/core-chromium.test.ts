// The core bodies in Chromium.
import { testCoreBodiesIn } from "./core-page-arm.js";

await testCoreBodiesIn("chromium");
