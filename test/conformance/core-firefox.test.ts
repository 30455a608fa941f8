// The core bodies in Firefox.
import { testCoreBodiesIn } from "./core-page-arm.js";

await testCoreBodiesIn("firefox");
